#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/sha256.h"
#include "support/look.h"
#include "support/run_program.h"
#include "support/temp_dir.h"

namespace cxr::test {
namespace {

namespace fs = std::filesystem;

/// Archives in a folder, and scripts/download-models.sh, which fetches them by file:// URLs.
class DownloadModels : public testing::Test {
 protected:
  DownloadModels() {
    fs::create_directories(folder_ / "in/mine");
    std::ofstream(folder_ / "in/a.pt") << "a";
    std::ofstream(folder_ / "in/mine/b c.pt") << "b";
    fs::create_symlink("/etc/passwd", folder_ / "in/link");
  }

  void pack(const std::string& archive, const std::vector<std::string>& options) const {
    std::vector<std::string> command{"/usr/bin/env", "tar",
                                     "-cPf",         (folder_ / archive).string(),
                                     "-C",           (folder_ / "in").string()};
    command.insert(command.end(), options.begin(), options.end());
    ASSERT_EQ(run_program(command).status, 0);
  }
  Outcome download(const std::string& archive, std::string sum = "") const {
    if (sum.empty()) sum = sha256(folder_ / archive);
    return run_program({"/usr/bin/env", "bash",
                        std::string(CXR_SOURCE_DIR) + "/scripts/download-models.sh",
                        "file://" + (folder_ / archive).string(), sum, out_.string()});
  }
  std::size_t files() const {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(out_)) {
      count += entry.is_regular_file() ? 1 : 0;
    }
    return count;
  }

  TempDir folder_;
  fs::path out_ = folder_ / "models";
};

TEST_F(DownloadModels, FilesAreUnpackedAndASecondCallChangesNothing) {
  pack("ok.tar", {"a.pt", "mine"});
  EXPECT_EQ(download("ok.tar").status, 0);
  EXPECT_EQ(read_file(out_ / "mine/b c.pt"), "b");
  EXPECT_EQ(files(), 2U);
  EXPECT_EQ(download("ok.tar").status, 0);
  std::ofstream(out_ / "a.pt") << "mine";
  const Outcome outcome = download("ok.tar");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(contains(outcome.err, "exists already")) << outcome.err;
  EXPECT_EQ(read_file(out_ / "a.pt"), "mine");
}

TEST_F(DownloadModels, AnotherArchiveThanTheOneAskedForIsRefused) {
  pack("ok.tar", {"a.pt"});
  const Outcome outcome = download("ok.tar", std::string(64, '0'));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(contains(outcome.err, "its SHA-256 is not 000")) << outcome.err;
  EXPECT_EQ(files(), 0U);
  EXPECT_EQ(download("ok.tar", "123").status, 2);
}

TEST_F(DownloadModels, NoMemberLeavesTheFolder) {
  pack("up.tar", {"--transform", "s,^,../,", "a.pt"});
  pack("absolute.tar", {"--transform", "s,^,/tmp/,", "a.pt"});
  pack("link.tar", {"link"});
  for (const char* archive : {"up.tar", "absolute.tar", "link.tar"}) {
    const Outcome outcome = download(archive);
    EXPECT_EQ(outcome.status, 1) << archive;
    EXPECT_TRUE(contains(outcome.err, "nothing was unpacked")) << outcome.err;
    EXPECT_EQ(files(), 0U) << archive;
  }
  EXPECT_FALSE(fs::exists(folder_ / "a.pt"));
}

// curl continues a part of the file; its beginning is what was there.
TEST_F(DownloadModels, InterruptedDownloadIsContinued) {
  pack("ok.tar", {"a.pt"});
  const std::string bytes = read_file(folder_ / "ok.tar");
  fs::create_directories(out_);
  std::ofstream(out_ / ("." + sha256(folder_ / "ok.tar") + ".part")) << bytes.substr(0, 700);
  EXPECT_EQ(download("ok.tar").status, 0);
  EXPECT_EQ(read_file(out_ / "a.pt"), "a");
}

}  // namespace
}  // namespace cxr::test
