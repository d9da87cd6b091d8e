#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace cxr {

struct StreamOptions {
  int threads = 1;                          ///< that work at the same time, 1 or more
  int batch_size = 1;                       ///< items that a thread works on at a time, 1 or more
  std::function<void()> begin_thread = {};  ///< called first on each working thread; may be empty
};

/// Takes items through `work` on several threads, and the results through `sink` in order:
///
///                 ┌─▶ work(batch) ─┐
///   items ─▶ batches ─▶ work(batch) ─┼─▶ finished batches, bounded ─▶ sink(item, result)
///                 └─▶ work(batch) ─┘                                 in order, calling thread
///
/// `work(std::span<const Item>)` returns a vector with the result of each item. Each thread works
/// on a batch of its own: while one reads, another computes, and a third one draws. If there are
/// few items, batches are smaller, so that every thread has one.
///
/// Calls of `sink(const Item&, Result&&)` do not overlap. Once it returns false, no more batches
/// are started; those in progress are finished and delivered. At most two batches per thread are in
/// progress or wait for the sink: memory does not grow with the number of items.
///
/// An exception of `work` or `sink` ends the stream, and is rethrown once all threads have ended.
/// Returns the number of results that were delivered.
template <typename Item, typename Work, typename Sink>
std::size_t run_stream(const std::vector<Item>& items, const StreamOptions& options,
                       const Work& work, const Sink& sink) {
  using Results = decltype(work(std::span<const Item>()));
  if (items.empty()) return 0;
  const auto threads = static_cast<std::size_t>(options.threads);
  const std::size_t share = (items.size() + threads - 1) / threads;
  const std::size_t size = std::min(static_cast<std::size_t>(options.batch_size), share);
  const std::size_t batches = (items.size() + size - 1) / size;
  const std::size_t most_in_flight = 2 * threads;

  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::size_t, Results> finished;  // by the number of the batch
  std::size_t begun = 0, delivered = 0;     // batches
  std::size_t last = batches;               // where to end; less once the sink has had enough
  std::exception_ptr failure;

  const auto batch_at = [&](std::size_t batch) {
    const std::size_t begin = batch * size;
    return std::span<const Item>(items).subspan(begin, std::min(size, items.size() - begin));
  };
  const auto stop = [&](std::exception_ptr why) {
    const std::scoped_lock lock(mutex);
    if (!failure) failure = std::move(why);
    last = 0;
    changed.notify_all();
  };
  const auto keep_working = [&] {
    if (options.begin_thread) options.begin_thread();
    for (;;) {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return begun >= last || begun < delivered + most_in_flight; });
      if (begun >= last) return;
      const std::size_t batch = begun++;
      lock.unlock();
      Results results = work(batch_at(batch));
      lock.lock();
      finished.emplace(batch, std::move(results));
      changed.notify_all();
    }
  };
  const auto deliver = [&] {
    std::size_t items_delivered = 0;
    for (;;) {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return delivered >= last || finished.contains(delivered); });
      if (delivered >= last) return items_delivered;
      Results results = std::move(finished.extract(delivered).mapped());
      lock.unlock();
      bool goes_on = true;
      const std::span<const Item> batch = batch_at(delivered);
      for (std::size_t i = 0; i < batch.size(); ++i, ++items_delivered) {
        goes_on = sink(batch[i], std::move(results[i])) && goes_on;
      }
      lock.lock();
      ++delivered;
      if (!goes_on) last = std::min(last, begun);
      changed.notify_all();
    }
  };

  std::vector<std::thread> workers;
  for (std::size_t i = 0; i < std::min(threads, batches); ++i) {
    workers.emplace_back([&] {
      try {
        keep_working();
      } catch (...) {
        stop(std::current_exception());
      }
    });
  }
  std::size_t items_delivered = 0;
  try {
    items_delivered = deliver();
  } catch (...) {
    stop(std::current_exception());
  }
  for (std::thread& worker : workers) worker.join();
  if (failure) std::rethrow_exception(failure);
  return items_delivered;
}

}  // namespace cxr
