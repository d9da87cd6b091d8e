#include "base/stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>

namespace cxr {
namespace {

using namespace std::chrono_literals;

std::vector<int> items_up_to(std::size_t count) {
  std::vector<int> items(count);
  std::iota(items.begin(), items.end(), 0);
  return items;
}

/// The batches that `run_stream` hands to its threads.
std::vector<std::vector<int>> batches_of(std::size_t count, int threads, int batch_size) {
  std::mutex mutex;
  std::vector<std::vector<int>> batches;
  run_stream(
      items_up_to(count), {.threads = threads, .batch_size = batch_size},
      [&](std::span<const int> batch) {
        const std::scoped_lock lock(mutex);
        return batches.emplace_back(batch.begin(), batch.end());
      },
      [](int, int) { return true; });
  std::ranges::sort(batches);
  return batches;
}

std::size_t largest(const std::vector<std::vector<int>>& batches) {
  std::size_t size = 0;
  for (const auto& batch : batches) size = std::max(size, batch.size());
  return size;
}

/// Waits until something holds, or half a minute: a test must fail, not hang.
template <typename Condition>
bool comes_true(const Condition& condition) {
  const auto end = std::chrono::steady_clock::now() + 30s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

std::atomic<int> threads_alive = 0;

/// Counts the working threads that have not ended.
void count_thread() {
  struct Alive {
    Alive() { ++threads_alive; }
    ~Alive() { --threads_alive; }
  };
  thread_local const Alive alive;
  static_cast<void>(&alive);  // made on first use
}

// ---- Order and number

/// Results come in the order of the items, though the first batch is the last to be finished.
TEST(Stream, ResultsComeInOrderWhateverFinishesFirst) {
  std::latch others(3);  // as many as may overtake it: two batches for each of two threads
  std::vector<int> seen;
  const std::size_t delivered = run_stream(
      items_up_to(8), {.threads = 2},
      [&](std::span<const int> batch) {
        const int item = batch.front();
        if (item == 0) others.wait();
        if (item >= 1 && item <= 3) others.count_down();
        return std::vector<int>{10 * item};
      },
      [&](int item, int result) {
        EXPECT_EQ(result, 10 * item);
        seen.push_back(item);
        return true;
      });
  EXPECT_EQ(delivered, 8U);
  EXPECT_EQ(seen, items_up_to(8));
}

/// Each item is worked on once and delivered once, with its own result, for all numbers of items,
/// threads and items in a batch; results need not be copied.
TEST(Stream, EveryItemIsWorkedOnAndDeliveredExactlyOnce) {
  for (const std::size_t count : {1U, 2U, 7U, 64U, 100U}) {
    for (const int threads : {1, 2, 3, 8}) {
      for (const int batch_size : {1, 3, 8, 1000}) {
        std::vector<std::atomic<int>> worked(count);
        std::vector<int> seen;
        const std::size_t delivered = run_stream(
            items_up_to(count), {.threads = threads, .batch_size = batch_size},
            [&](std::span<const int> batch) {
              std::vector<std::unique_ptr<int>> results;
              for (const int item : batch) {
                ++worked[static_cast<std::size_t>(item)];
                results.push_back(std::make_unique<int>(item + 7));
              }
              return results;
            },
            [&](int item, std::unique_ptr<int> result) {
              EXPECT_EQ(*result, item + 7);
              seen.push_back(item);
              return true;
            });
        EXPECT_EQ(delivered, count);
        EXPECT_EQ(seen, items_up_to(count)) << threads << " threads, batches of " << batch_size;
        EXPECT_TRUE(std::ranges::all_of(worked, [](const auto& times) { return times == 1; }));
      }
    }
  }
}

TEST(Stream, NoItemsAreNoWorkAndNoThreads) {
  bool called = false;
  const std::size_t delivered = run_stream(
      std::vector<int>{}, {.threads = 3, .batch_size = 2, .begin_thread = [&] { called = true; }},
      [&](std::span<const int> batch) {
        called = true;
        return std::vector<int>(batch.size());
      },
      [&](int, int) { return called = true; });
  EXPECT_EQ(delivered, 0U);
  EXPECT_FALSE(called);
}

// ---- Batches and threads

/// Where there are many items, all batches but the last have the wanted size.
TEST(Stream, BatchesHaveTheWantedSize) {
  const auto batches = batches_of(20, 2, 3);
  ASSERT_EQ(batches.size(), 7U);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(batches[i].size(), 3U);
  EXPECT_EQ(batches.back(), (std::vector<int>{18, 19}));
}

/// Few items do not go to one thread while the others have nothing to do.
TEST(Stream, FewItemsAreSpreadOverTheThreads) {
  EXPECT_EQ(batches_of(3, 3, 8), (std::vector<std::vector<int>>{{0}, {1}, {2}}));
  EXPECT_EQ(batches_of(6, 3, 8), (std::vector<std::vector<int>>{{0, 1}, {2, 3}, {4, 5}}));
  for (std::size_t count = 1; count < 40; ++count) {
    for (const std::size_t threads : {1U, 2U, 3U, 8U}) {
      EXPECT_LE(largest(batches_of(count, static_cast<int>(threads), 8)),
                std::min<std::size_t>(8, (count + threads - 1) / threads))
          << count << " items, " << threads << " threads";
    }
  }
}

/// Batches are worked on side by side: each of three waits for the other two.
TEST(Stream, AllThreadsWorkAtATime) {
  std::atomic<int> begun = 0;
  run_stream(
      items_up_to(3), {.threads = 3, .batch_size = 8},
      [&](std::span<const int> batch) {
        ++begun;
        EXPECT_TRUE(comes_true([&] { return begun == 3; })) << "one waits for another's end";
        return std::vector<int>(batch.size());
      },
      [](int, int) { return true; });
}

/// `begin_thread` is called once on each working thread, before its work; the sink is on the
/// caller's thread.
TEST(Stream, EachThreadBeginsOnce) {
  std::mutex mutex;
  std::multiset<std::thread::id> begun;
  std::atomic<int> working = 0;
  run_stream(
      items_up_to(60),
      {.threads = 3,
       .batch_size = 2,
       .begin_thread =
           [&] {
             const std::scoped_lock lock(mutex);
             begun.insert(std::this_thread::get_id());
           }},
      [&](std::span<const int> batch) {
        ++working;
        EXPECT_TRUE(comes_true([&] { return working >= 3; }));  // all three take part
        const std::scoped_lock lock(mutex);
        EXPECT_EQ(begun.count(std::this_thread::get_id()), 1U);
        return std::vector<int>(batch.size());
      },
      [caller = std::this_thread::get_id()](int, int) {
        EXPECT_EQ(std::this_thread::get_id(), caller);
        return true;
      });
  EXPECT_EQ(begun.size(), 3U);
  EXPECT_EQ(std::set(begun.begin(), begun.end()).size(), 3U);
}

/// While the sink is slow, at most two batches for each thread are in flight: memory is bounded.
TEST(Stream, ASlowSinkHoldsTheThreadsBack) {
  constexpr int kThreads = 3;
  constexpr int kMost = 2 * kThreads;
  std::atomic<int> begun = 0, delivered = 0, most = 0;
  run_stream(
      items_up_to(100), {.threads = kThreads},
      [&](std::span<const int> batch) {
        const int in_flight = ++begun - delivered;
        for (int seen = most; seen < in_flight && !most.compare_exchange_weak(seen, in_flight);) {
        }
        return std::vector<int>(batch.size());
      },
      [&](int item, int) {
        if (item == 0) {
          EXPECT_TRUE(comes_true([&] { return begun == kMost; })) << "threads are idle";
          std::this_thread::sleep_for(50ms);
          EXPECT_EQ(begun, kMost);
        }
        ++delivered;
        return true;
      });
  EXPECT_EQ(begun, 100);
  EXPECT_EQ(most, kMost);
}

// ---- Ends before the last item

/// The sink says that it wants no more: no batch is begun any more, those in flight are delivered.
TEST(Stream, TheSinkEndsItAndWhatIsInFlightIsDelivered) {
  std::atomic<int> worked = 0;
  std::vector<int> seen;
  const std::size_t delivered = run_stream(
      items_up_to(300), {.threads = 3, .batch_size = 2},
      [&](std::span<const int> batch) {
        worked += static_cast<int>(batch.size());
        return std::vector<int>(batch.size());
      },
      [&](int item, int) {
        seen.push_back(item);
        if (item != 10) return true;  // for those in flight again, which must not restart it
        EXPECT_TRUE(comes_true([&] { return worked == 22; })) << "threads are idle";
        return false;
      });
  EXPECT_EQ(seen.size(), delivered);
  EXPECT_EQ(seen, items_up_to(seen.size())) << "a gap, or another order";
  EXPECT_EQ(worked, static_cast<int>(delivered)) << "what was worked on is lost";
  EXPECT_EQ(delivered, 10U + 2 * 2 * 3) << "five batches before, six that were in flight";
}

/// What `work` throws comes out of the stream, once all threads have ended.
TEST(Stream, WhatWorkThrowsEndsItAfterAllThreads) {
  std::atomic<int> worked = 0;
  std::vector<int> seen;
  std::string caught;
  try {
    run_stream(
        items_up_to(300), {.threads = 3, .begin_thread = count_thread},
        [&](std::span<const int> batch) {
          ++worked;
          if (batch.front() == 5) throw std::runtime_error("of item 5");
          std::this_thread::sleep_for(2ms);  // the others are at work when it is thrown
          return std::vector<int>(batch.size());
        },
        [&](int item, int) {
          seen.push_back(item);
          return true;
        });
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(threads_alive, 0);
    caught = error.what();
  }
  EXPECT_EQ(caught, "of item 5");
  EXPECT_LT(worked, 30) << "it went on after the failure";
  EXPECT_EQ(seen, items_up_to(seen.size()));
  EXPECT_LE(seen.size(), 5U);
}

/// What the sink throws comes out of the stream, once all threads have ended.
TEST(Stream, WhatTheSinkThrowsEndsItAfterAllThreads) {
  std::atomic<int> worked = 0;
  std::string caught;
  try {
    run_stream(
        items_up_to(300), {.threads = 3, .batch_size = 2, .begin_thread = count_thread},
        [&](std::span<const int> batch) {
          ++worked;
          std::this_thread::sleep_for(2ms);
          return std::vector<int>(batch.size());
        },
        [](int item, int) {
          if (item == 5) throw std::runtime_error("disk full");
          return true;
        });
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(threads_alive, 0);
    caught = error.what();
  }
  EXPECT_EQ(caught, "disk full");
  EXPECT_LE(worked, 2 + 2 * 3) << "it went on after the failure";
}

/// A thread that cannot begin is a failure of the stream, not the end of the programme.
TEST(Stream, AThreadThatCannotBeginIsAFailure) {
  const auto never_begins = [] {
    run_stream(
        items_up_to(20),
        {.threads = 2, .begin_thread = [] { throw std::runtime_error("no thread"); }},
        [](std::span<const int> batch) { return std::vector<int>(batch.size()); },
        [](int, int) { return true; });
  };
  EXPECT_THROW(never_begins(), std::runtime_error);
}

}  // namespace
}  // namespace cxr
