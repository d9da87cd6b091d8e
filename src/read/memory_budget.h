#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>

namespace cxr {

/// Memory that several threads share: large files wait for one another, so that what a file needs
/// does not multiply with the number of threads. One that needs more than all of it is let through
/// alone.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::uint64_t bytes) : bytes_(bytes) {}

  /// In a process that has no budgets of its own: waits for a share of another one's, which is
  /// given back there.
  using Ask = std::function<void(const MemoryBudget&, std::uint64_t bytes)>;
  static inline Ask ask_elsewhere;

  /// A share of the budget, until it is destroyed.
  class Share {
   public:
    /// Waits until there is room. The same thread must not ask for a second share of a budget.
    Share(MemoryBudget& budget, std::uint64_t bytes) : budget_(budget), bytes_(bytes) {
      if (ask_elsewhere) {
        ask_elsewhere(budget, bytes);
        return;
      }
      std::unique_lock lock(budget_.mutex_);
      budget_.freed_.wait(lock, [&] {
        const std::uint64_t taken = budget_.taken_, all = budget_.bytes_;
        return taken == 0 || (taken <= all && bytes_ <= all - taken);
      });
      budget_.taken_ += bytes_;
    }
    ~Share() {
      if (ask_elsewhere) return;
      const std::scoped_lock lock(budget_.mutex_);
      budget_.taken_ -= bytes_;
      budget_.freed_.notify_all();
    }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

   private:
    MemoryBudget& budget_;
    const std::uint64_t bytes_;
  };

 private:
  const std::uint64_t bytes_;
  std::uint64_t taken_ = 0;
  std::mutex mutex_;
  std::condition_variable freed_;
};

/// For the bytes of files, and for what they are decoded to.
inline MemoryBudget file_budget(std::uint64_t{1} << 30);
inline MemoryBudget pixel_budget(std::uint64_t{1} << 30);

}  // namespace cxr
