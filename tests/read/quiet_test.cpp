#include "read/quiet.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <iostream>
#include <opencv2/imgcodecs.hpp>
#include <thread>

#include "cxr/error.h"
#include "cxr/read.h"
#include "read/memory_budget.h"
#include "support/dicom_file.h"
#include "support/temp_dir.h"

namespace cxr {
namespace {

TEST(QuietTest, StandardErrorIsSilentInsideAndOnlyThere) {
  testing::internal::CaptureStderr();
  std::cerr << "before ";
  run_quietly([] {
    std::cerr << "hidden";
    std::fputs("hidden", stderr);
  });
  std::cerr << "after";
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "before after");
}

TEST(QuietTest, WhatIsThrownArrives) {
  EXPECT_THROW(run_quietly([] { throw Error("read", "file", "broken"); }), Error);
}

// OpenCV writes to the terminal of a broken JPEG 2000, libpng and libjpeg of nearly anything.
TEST(QuietTest, DecodersDoNotWriteToTheTerminal) {
  const test::TempDir folder;
  cv::Mat noise(200, 200, CV_8UC1), film;
  cv::randu(noise, 0, 256);
  std::vector<std::filesystem::path> files;
  const auto add = [&](std::vector<std::uint8_t> bytes) {
    for (std::size_t i = bytes.size() / 3; i < bytes.size() / 3 + 200; ++i) bytes[i] ^= 0x55;
    files.push_back(folder / std::to_string(files.size()));
    std::ofstream(files.back(), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<long>(bytes.size()));
  };
  for (const char* kind : {".jpg", ".tiff", ".webp", ".bmp"}) {
    std::vector<std::uint8_t> bytes;
    cv::imencode(kind, noise, bytes);
    add(bytes);
  }
  for (const auto syntax : {EXS_JPEG2000LosslessOnly, EXS_JPEGProcess1, EXS_RLELossless}) {
    files.push_back(folder / std::to_string(files.size()));
    test::write_dicom(files.back(), {.samples = noise, .syntax = syntax});
    std::fstream file(files.back(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<long>(std::filesystem::file_size(files.back()) / 2));
    file << std::string(300, '\x7A');
  }
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  for (const auto& file : files) {
    try {
      read_radiograph(file);
    } catch (const Error&) {
    }
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

TEST(MemoryBudgetTest, LargeSharesWaitForOneAnother) {
  MemoryBudget budget(100);
  std::atomic<int> large = 0, most = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const MemoryBudget::Share share(budget, i % 2 == 0 ? 60 : 500);
      most = std::max<int>(most, ++large);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      --large;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(most, 1);
}

TEST(MemoryBudgetTest, SmallSharesDoNotWait) {
  MemoryBudget budget(100);
  const MemoryBudget::Share first(budget, 50), second(budget, 50);
}

}  // namespace
}  // namespace cxr
