#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <opencv2/imgcodecs.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/csv.h"
#include "cxr/configuration.h"
#include "cxr/infer.h"
#include "support/look.h"
#include "support/phantom.h"
#include "support/run_program.h"
#include "support/temp_dir.h"
#include "support/tiny_networks.h"

namespace cxr::test {

namespace fs = std::filesystem;

constexpr std::int64_t kMebibyte = 1 << 20;

/// The cells of one radiograph by their column.
using Row = std::map<std::string, std::string>;

inline void write_file(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

inline std::string encode(const cv::Mat& image, const std::string& extension,
                          const std::vector<int>& options = {}) {
  std::vector<uchar> bytes;
  cv::imencode(extension, image, bytes, options);
  return {bytes.begin(), bytes.end()};
}

inline cv::Mat phantom(unsigned seed = 0, cv::Size size = {200, 240}) {
  PhantomOptions options;
  options.size = size;
  options.seed = seed;
  return make_phantom(options).image;
}

inline void write_phantom(const fs::path& file, unsigned seed = 0, cv::Size size = {200, 240}) {
  const fs::path extension = file.has_extension() ? file.extension() : ".png";
  write_file(file, encode(phantom(seed, size), extension.string()));
}

/// The names of what lies in a folder.
inline std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

/// Lets every user read a folder and all it holds, whatever the umask.
inline void open_to_everybody(const fs::path& folder) {
  constexpr auto kRead = fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read;
  constexpr auto kEnter = fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec;
  fs::permissions(folder, kRead | kEnter, fs::perm_options::add);
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    fs::permissions(entry, entry.is_directory() ? kRead | kEnter : kRead, fs::perm_options::add);
  }
}

/// A user whom permissions hold back.
inline RunOptions as_ordinary_user() {
  RunOptions options;
  if (::geteuid() == 0) options.user = kNobody;
  return options;
}

inline Outcome infer(std::vector<std::string> arguments, const RunOptions& options = {}) {
  arguments.insert(arguments.begin(), std::string(CXR_PROGRAMS) + "/cxr-infer");
  return run_program(arguments, options);
}

inline CsvTable table_of(const std::string& text) {
  const TempDir folder;
  write_file(folder / "table.csv", text);
  return read_csv(folder / "table.csv");  // throws where a row has another length than the header
}

inline std::vector<Row> rows_of(const std::string& text) {
  const CsvTable table = table_of(text);
  std::vector<Row> rows;
  for (const auto& cells : table.rows) {
    Row& row = rows.emplace_back();
    for (std::size_t i = 0; i < cells.size(); ++i) row[table.header[i]] = cells[i];
  }
  return rows;
}

/// The only cell of a row that differs from run to run is how long it took.
inline std::vector<Row> without_time(std::vector<Row> rows) {
  for (Row& row : rows) row.erase("Milliseconds");
  return rows;
}

inline std::vector<std::string> column(const std::vector<Row>& rows, const std::string& name) {
  std::vector<std::string> cells(rows.size());
  std::ranges::transform(rows, cells.begin(), [&](const Row& row) { return row.at(name); });
  return cells;
}

/// Whether a message is one line that holds all of these parts.
inline testing::AssertionResult is_line_with(const std::string& message,
                                             const std::vector<std::string>& parts) {
  if (message.find('\n') + 1 != message.size()) {
    return testing::AssertionFailure() << "not one line: " << message;
  }
  for (const std::string& part : parts) {
    if (!contains(message, part)) {
      return testing::AssertionFailure() << "'" << part << "' is not in: " << message;
    }
  }
  return testing::AssertionSuccess();
}

/// Whether this is all that is said for people at the end of a run.
inline testing::AssertionResult is_summary(const std::string& text, const std::string& counts) {
  const std::regex summary(counts + R"(, \d+\.\d s, \d+\.\d images/s\. )" +
                           R"(For research only, not for diagnosis\.\n)");
  if (std::regex_match(text, summary)) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "not the summary of " << counts << ": " << text;
}

/// Whether a run ended before it began: a status, one line for people, and no table.
inline testing::AssertionResult stopped(const Outcome& outcome, int status,
                                        const std::vector<std::string>& parts) {
  if (outcome.status != status) {
    return testing::AssertionFailure() << "status " << outcome.status << ": " << outcome.err;
  }
  if (!outcome.out.empty()) return testing::AssertionFailure() << "stdout: " << outcome.out;
  return is_line_with(outcome.err, parts);
}

/// A folder with tiny networks, their configuration and a folder for images.
class InferProgram : public testing::Test {
 protected:
  InferProgram() { fs::create_directory(images_); }

  /// Writes the configuration anew, with more keys such as `"batch_size": 1`.
  void configure(const std::string& keys) const {
    write_file(config_,
               R"({"segmenter": "segmenter.pt", "classifier": "classifier.pt", )" + keys + "}");
  }

  Outcome infer_path(const fs::path& path, const RunOptions& options = {}) const {
    return infer({"--config", config_, "--xraypath", path}, options);
  }
  Outcome infer_images(const RunOptions& options = {}) const {
    return infer_path(images_, options);
  }
  Outcome draw_images(const RunOptions& options = {}) const {
    return infer({"--config", config_, "--xraypath", images_, "--heatmappath", pictures_}, options);
  }

  /// What the library itself says of the images; to start the programme for it would take longer.
  std::vector<Row> rows_of_library() const {
    std::ostringstream table;
    cxr::infer(load_configuration(config_), {.radiographs = {images_}}, table, {});
    return rows_of(table.str());
  }

  /// Adds one bad file to a folder of one good image, and expects that it alone is an error.
  void expect_error_row(const std::string& name, const std::function<void(const fs::path&)>& write,
                        const std::string& reason, const RunOptions& options = {}) const {
    write_phantom(images_ / "good.png");
    const std::vector<Row> good = without_time(rows_of_library());
    write(images_ / name);
    const Outcome outcome = infer_images(options);
    EXPECT_EQ(outcome.status, 4);
    EXPECT_TRUE(is_summary(outcome.err, "2 images, 1 failed"));

    std::vector<Row> rows = without_time(rows_of(outcome.out));
    const auto bad = std::ranges::find_if(rows, [&](Row& row) { return row["Image"] == name; });
    ASSERT_NE(bad, rows.end()) << outcome.out;
    for (const auto& [key, cell] : *bad) {
      const bool is_filled = key == "Image" || key == "Status" || key == "Error" || key == "File";
      EXPECT_NE(cell.empty(), is_filled) << key << ": " << cell;
    }
    EXPECT_EQ(bad->at("Status"), "error");
    EXPECT_TRUE(bad->at("Error").starts_with("read: ")) << "no stage in: " << bad->at("Error");
    EXPECT_TRUE(is_line_with(bad->at("Error") + "\n", {(images_ / name).string(), reason}));
    rows.erase(bad);
    EXPECT_EQ(rows, good);
  }

  const TempDir folder_;
  const fs::path images_ = folder_ / "images";
  const fs::path pictures_ = folder_ / "pictures";
  const fs::path config_ = write_tiny_setup(folder_.path());
};

}  // namespace cxr::test
