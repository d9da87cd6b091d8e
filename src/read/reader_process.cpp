#include "reader_process.h"

#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
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

/// 0 where it is not known.
rlim_t address_space() {
  std::ifstream statm("/proc/self/statm");
  rlim_t pages = 0;
  statm >> pages;
  return pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
}

scmp_arg_cmp has_bits(unsigned argument, scmp_datum_t bits) {
  return SCMP_CMP64(argument, SCMP_CMP_MASKED_EQ, bits, bits);
}

/// The kernel looks at the lower half of an int only.
scmp_arg_cmp is_int(unsigned argument, scmp_datum_t value) {
  return SCMP_CMP64(argument, SCMP_CMP_MASKED_EQ, 0xFFFFFFFFU, value);
}

/// Calls fail that a decoder has no use for and an intruder has. Where the kernel knows no filters,
/// the reader goes on without.
void forbid_calls() {
  const scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
  if (filter == nullptr) return;
  const auto fail = [&](int error, const char* call, auto... when) {
    const int number = ::seccomp_syscall_resolve_name(call);
    if (number == __NR_SCMP_ERROR) return;
    ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(static_cast<unsigned>(error)), number,
                       sizeof...(when), when...);
  };
  for (const char* call :
       {// programs and processes
        "execve", "execveat", "fork", "vfork", "kill", "tkill", "rt_sigqueueinfo",
        "rt_tgsigqueueinfo", "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_open",
        "pidfd_getfd", "pidfd_send_signal", "setns", "unshare", "prlimit64", "mq_open", "shmget",
        // the network
        "socket", "socketpair", "connect", "bind", "listen", "accept", "accept4",
        // files
        "creat", "openat2", "open_by_handle_at", "memfd_create", "truncate", "ftruncate", "rename",
        "renameat", "renameat2", "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat", "mknod",
        "mknodat", "link", "linkat", "symlink", "symlinkat", "chmod", "fchmod", "fchmodat", "chown",
        "fchown", "lchown", "fchownat", "utime", "utimes", "utimensat", "futimesat", "setxattr",
        "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr", "chroot",
        "pivot_root", "mount", "umount2", "fsopen", "move_mount", "open_tree", "mount_setattr",
        "fanotify_init", "inotify_init1",
        // the system
        "io_uring_setup", "bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key",
        "request_key", "init_module", "finit_module", "kexec_load", "reboot", "swapon", "setuid",
        "setgid", "setreuid", "setregid", "setresuid", "setresgid", "personality"}) {
    fail(EPERM, call);
  }
  for (const unsigned bits : {O_WRONLY, O_RDWR, O_CREAT, O_TRUNC}) {
    fail(EPERM, "openat", has_bits(2, bits));
    fail(EPERM, "open", has_bits(1, bits));
  }
  // Threads may be started, and abort() may signal this process.
  fail(EPERM, "clone", SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
  fail(ENOSYS, "clone3");  // whose arguments no filter sees; then clone() is called
  fail(EPERM, "tgkill", SCMP_CMP64(0, SCMP_CMP_NE, static_cast<scmp_datum_t>(::getpid())));
  for (const unsigned request : {TIOCSTI, TIOCLINUX}) fail(EPERM, "ioctl", is_int(1, request));
  fail(EPERM, "prctl", is_int(0, PR_SET_PDEATHSIG));
  ::seccomp_load(filter);
  ::seccomp_release(filter);
}

// ---- Time

/// Lets a clock end the process by its signal when a time is over; 0: never.
template <typename Clock>
void end_after(Clock clock, double seconds) {
  const double whole = std::floor(seconds);
  const itimerval timer{
      {}, {static_cast<time_t>(whole), static_cast<suseconds_t>((seconds - whole) * 1e6)}};
  ::setitimer(clock, &timer, nullptr);
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

ReaderMessage read_source(const ReaderMessage& request) {
  const std::optional<DicomSource> source = read_dicom_source_here(request.at(2));
  if (!source) return {"source", "none"};
  ReaderMessage answer{"source", "dicom"};
  std::ranges::move(to_parts(*source), std::back_inserter(answer));
  return answer;
}

ReaderMessage answer_to(const ReaderMessage& request, unsigned char* memory) {
  if (request.at(1) == "read") return read_image(request, memory);
  if (request.at(1) == "size") {
    const cv::Size size = radiograph_size_here(request.at(2));
    return {"size", std::to_string(size.height), std::to_string(size.width)};
  }
  if (request.at(1) == "source") return read_source(request);
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
  const rlim_t taken = address_space();
  if (!kIsSanitized && taken > 0) limit(RLIMIT_AS, taken + kMostMemory);
  forbid_calls();
}

void serve_reads(const ReaderEnds& ends, const ReadingLimits& limits) noexcept {
  cv::setNumThreads(1);
#ifdef __GLIBC__  // what a large image took is given back
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
  void* mapped = ::mmap(nullptr, kReaderMemory, PROT_READ | PROT_WRITE, MAP_SHARED, ends.memory, 0);
  if (mapped == MAP_FAILED) ::_exit(1);
  auto* memory = static_cast<unsigned char*>(mapped);
  MemoryBudget::ask_elsewhere = [&](const MemoryBudget& budget, std::uint64_t bytes) {
    const char* what = &budget == &file_budget ? "file" : "pixels";
    end_after(ITIMER_REAL, 0);  // waiting for the others does not count
    if (!send_message(ends.socket, {"memory", what, std::to_string(bytes)})) ::_exit(0);
    if (receive_message(ends.socket).empty()) ::_exit(0);
    end_after(ITIMER_REAL, limits.seconds);
  };
  give_up_rights();
  for (;;) {
    const ReaderMessage request = receive_message(ends.socket);
    if (request.empty()) ::_exit(0);
    const std::uint64_t number = std::stoull(request.at(0));
    std::memcpy(memory + kMaxPixels, &number, sizeof number);
    end_after(ITIMER_PROF, limits.cpu_seconds);
    end_after(ITIMER_REAL, limits.seconds);
    const ReaderMessage answer = answer_or_error(request, memory);
    end_after(ITIMER_PROF, 0);
    end_after(ITIMER_REAL, 0);
    if (!send_message(ends.socket, answer)) ::_exit(0);
  }
}

}  // namespace cxr
