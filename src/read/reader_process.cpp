#include "reader_process.h"

#include <fcntl.h>
#include <malloc.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstring>
#include <fstream>
#include <new>
#include <opencv2/core/utility.hpp>
#include <string>

#include "cxr/error.h"
#include "memory_budget.h"
#include "read_here.h"
#include "reader_message.h"

namespace cxr {
namespace {

// ---- Rights

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSanitized = true;  // with an address space of many TB
#elif defined(__has_feature)
constexpr bool kIsSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kIsSanitized = false;
#endif

constexpr rlim_t kMostMemory = rlim_t{6} << 30;  // of 100 million pixels and a file of 1 GiB

void limit(int resource, rlim_t most) {
  const rlimit limit{most, most};
  ::setrlimit(static_cast<__rlimit_resource_t>(resource), &limit);
}

rlim_t address_space() {
  std::ifstream statm("/proc/self/statm");
  rlim_t pages = 0;
  statm >> pages;
  return pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
}

/// Calls fail with EPERM that a decoder has no use for and an intruder has. Where the kernel knows
/// no filters, the reader goes on without.
void forbid_calls() {
  const scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
  if (filter == nullptr) return;
  const auto forbid = [&](const char* call, auto... when) {
    const int number = ::seccomp_syscall_resolve_name(call);
    if (number == __NR_SCMP_ERROR) return;
    ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, sizeof...(when), when...);
  };
  for (const char* call :
       {// programs and processes
        "execve", "execveat", "fork", "vfork", "kill", "tkill", "ptrace", "process_vm_readv",
        "process_vm_writev", "pidfd_open", "pidfd_getfd", "pidfd_send_signal", "setns", "unshare",
        "prlimit64",
        // the network
        "socket", "socketpair", "connect", "bind", "listen", "accept", "accept4",
        // files
        "creat", "openat2", "open_by_handle_at", "memfd_create", "truncate", "rename", "renameat",
        "renameat2", "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat", "mknod", "mknodat", "link",
        "linkat", "symlink", "symlinkat", "chmod", "fchmod", "fchmodat", "chown", "fchown",
        "lchown", "fchownat", "utime", "utimes", "utimensat", "futimesat", "setxattr", "lsetxattr",
        "fsetxattr", "removexattr", "lremovexattr", "fremovexattr", "chroot", "pivot_root", "mount",
        "umount2", "fanotify_init", "inotify_init1",
        // the system
        "io_uring_setup", "bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key",
        "request_key", "init_module", "finit_module", "kexec_load", "reboot", "swapon", "setuid",
        "setgid", "setreuid", "setregid", "setresuid", "setresgid", "personality"}) {
    forbid(call);
  }
  for (const int flag : {O_WRONLY, O_RDWR, O_CREAT, O_TRUNC}) {
    const auto bits = static_cast<scmp_datum_t>(flag);
    forbid("openat", SCMP_A2(SCMP_CMP_MASKED_EQ, bits, bits));
    forbid("open", SCMP_A1(SCMP_CMP_MASKED_EQ, bits, bits));
  }
  ::seccomp_load(filter);
  ::seccomp_release(filter);
}

// ---- Time

timeval to_timeval(double seconds) {
  const double whole = std::floor(seconds);
  return {static_cast<time_t>(whole), static_cast<suseconds_t>((seconds - whole) * 1e6)};
}

/// Ends the process by a signal when a time is over; 0: never.
void end_after(double cpu_seconds, double seconds) {
  const itimerval cpu{{}, to_timeval(cpu_seconds)}, wall{{}, to_timeval(seconds)};
  ::setitimer(ITIMER_PROF, &cpu, nullptr);
  ::setitimer(ITIMER_REAL, &wall, nullptr);
}

// ---- Answers

ReaderMessage read_image(const ReaderMessage& request, unsigned char* memory) {
  const std::int64_t max_pixels = std::min<std::int64_t>(std::stoll(request.at(3)), kMaxPixels);
  const Radiograph radiograph = read_radiograph_here(
      request.at(2), {.max_pixels = max_pixels, .force = request.at(4) == "force"});
  const cv::Mat& image = radiograph.image;
  image.copyTo(cv::Mat(image.size(), CV_8UC1, memory));
  ReaderMessage answer{"read", std::to_string(image.rows), std::to_string(image.cols)};
  answer.insert(answer.end(), radiograph.notes.begin(), radiograph.notes.end());
  return answer;
}

ReaderMessage answer_to(const ReaderMessage& request, unsigned char* memory) {
  if (request.at(1) == "read") return read_image(request, memory);
  if (request.at(1) == "size") {
    const cv::Size size = radiograph_size_here(request.at(2));
    return {"size", std::to_string(size.width), std::to_string(size.height)};
  }
  const DicomUids uids = read_dicom_uids_here(request.at(2));
  return {"uids", uids.study, uids.series, uids.instance};
}

ReaderMessage describe(const char* kind, const Error& error) {
  const std::string& subject = error.subject();
  const std::size_t before = error.stage().size() + 2 + (subject.empty() ? 0 : subject.size() + 2);
  return {kind, error.stage(), subject, std::string(error.what()).substr(before)};
}

/// An answer to any request, whatever happens.
ReaderMessage answer_or_error(const ReaderMessage& request, unsigned char* memory) {
  try {
    return answer_to(request, memory);
  } catch (const SkippedError& error) {
    return describe("skipped", error);
  } catch (const Error& error) {
    return describe("error", error);
  } catch (const std::bad_alloc&) {
    return {"error", "read", request.at(2), "takes more memory than a radiograph should"};
  } catch (const std::exception& error) {
    return {"unexpected", error.what()};
  }
}

}  // namespace

void give_up_rights() {
  std::ofstream("/proc/self/oom_score_adj") << 1000;  // rather this process than the whole run
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  if (!kIsSanitized) limit(RLIMIT_AS, address_space() + kMostMemory);
  forbid_calls();
}

void serve_reads(const ReaderEnds& ends, const ReadingLimits& limits) {
  cv::setNumThreads(1);
#ifdef __GLIBC__  // what a large image took is given back
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
  void* mapped = ::mmap(nullptr, kReaderMemory, PROT_READ | PROT_WRITE, MAP_SHARED, ends.memory, 0);
  if (mapped == MAP_FAILED) ::_exit(1);
  auto* memory = static_cast<unsigned char*>(mapped);
  std::string number;
  const auto answer = [&](ReaderMessage message) {
    message.insert(message.begin(), number);
    if (!send_message(ends.socket, message)) ::_exit(0);
  };
  MemoryBudget::ask_elsewhere = [&](const MemoryBudget& budget, std::uint64_t bytes) {
    answer({"memory", &budget == &file_budget ? "file" : "pixels", std::to_string(bytes)});
    end_after(0, 0);  // waiting for the others does not count
    if (receive_message(ends.socket).empty()) ::_exit(0);
    end_after(limits.cpu_seconds, limits.seconds);
  };
  give_up_rights();
  for (;;) {
    // Whenever this process dies, the request is still there or its number is known.
    const ReaderMessage request = peek_message(ends.socket);
    if (request.empty()) ::_exit(0);
    number = request.at(0);
    const std::uint64_t value = std::stoull(number);
    std::memcpy(memory + kMaxPixels, &value, sizeof value);
    receive_message(ends.socket);
    end_after(limits.cpu_seconds, limits.seconds);
    const ReaderMessage message = answer_or_error(request, memory);
    end_after(0, 0);
    answer(message);
  }
}

}  // namespace cxr
