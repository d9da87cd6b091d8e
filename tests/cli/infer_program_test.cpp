#include "support/infer_program.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <opencv2/core/utility.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <set>

#include "base/sha256.h"
#include "draw/colormap.h"
#include "infer/result_format.h"

namespace cxr::test {
namespace {

/// Names a parameterised test.
const auto kDescription = [](const auto& test) { return test.param.description; };

// ---- Results

// The lungs reach from (50, 60) to (150, 180); the box is 5 % wider on each side.
TEST_F(InferProgram, OneImageGivesOneRow) {
  cv::Mat chest(240, 200, CV_8UC1, cv::Scalar(220));
  chest({50, 60, 40, 120}) = 102;
  chest({110, 60, 40, 120}) = 102;
  write_file(images_ / "chest.png", encode(chest, ".png"));
  const Outcome outcome = infer_path(images_ / "chest.png");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(is_summary(outcome.err, "1 image, 0 failed"));
  EXPECT_TRUE(outcome.out.starts_with("Image,Prediction,Confidence,Estimated Quality,"));

  const std::vector<Row> rows = rows_of(outcome.out);
  ASSERT_EQ(rows.size(), 1U);
  const Row& row = rows[0];
  const auto number = [&](const std::string& key) { return std::stod(row.at(key)); };
  EXPECT_EQ(row.at("Image"), (images_ / "chest.png").string());
  EXPECT_EQ(row.at("File"), row.at("Image"));
  EXPECT_EQ(row.at("Status"), "ok");
  EXPECT_EQ(row.at("Error"), "");

  const std::vector<double> probabilities = {number("P(COVID-19)"), number("P(Normal)"),
                                             number("P(Pneumonia)")};
  EXPECT_NEAR(probabilities[0] + probabilities[1] + probabilities[2], 1.0, 5e-6);
  EXPECT_NEAR(number("Confidence"), std::ranges::max(probabilities), 6e-5);
  EXPECT_EQ(number("P(" + row.at("Prediction") + ")"), std::ranges::max(probabilities));

  EXPECT_EQ(number("Image Width"), 200);
  EXPECT_EQ(number("Image Height"), 240);
  constexpr double kMaskPixel = 240.0 / 64;  // the segmenter's
  EXPECT_NEAR(number("Box X"), 45, 2 * kMaskPixel);
  EXPECT_NEAR(number("Box Y"), 54, 2 * kMaskPixel);
  EXPECT_NEAR(number("Box Width"), 110, 4 * kMaskPixel);
  EXPECT_NEAR(number("Box Height"), 132, 4 * kMaskPixel);
  EXPECT_EQ(row.at("Note"), "");
  EXPECT_GT(number("Estimated Quality"), 0.875);
  EXPECT_LE(number("Estimated Quality"), 1.0);
  EXPECT_GT(number("Milliseconds"), 0);
}

// Sorted by byte; what is no image, hidden or a folder is not even mentioned.
TEST_F(InferProgram, FolderIsReadInOrderAndOtherFilesArePassedOver) {
  for (const char* name : {"c.png", "B.png", "a.jpg", "scan", ".hidden.png"}) {
    write_phantom(images_ / name);
  }
  fs::create_directory(images_ / "folder.png");
  write_phantom(images_ / "folder.png" / "d.png");
  write_file(images_ / "notes.txt", "no image");
  write_file(images_ / "results.csv", "Image\n");
  const Outcome outcome = infer_images();
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(is_summary(outcome.err, "4 images, 0 failed"));
  EXPECT_EQ(column(rows_of(outcome.out), "Image"),
            (std::vector<std::string>{"B.png", "a.jpg", "c.png", "scan"}));
}

/// A batch system gives a job one core, and its configuration asks for more threads.
TEST_F(InferProgram, MoreThreadsThanCoresIsNotWorthAWarning) {
  cpu_set_t all, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof all, &all), 0);
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  write_phantom(images_ / "chest.png");
  const Outcome outcome =
      infer({"--config", config_, "--threads", "2", "--xraypath", images_ / "chest.png"});
  ASSERT_EQ(sched_setaffinity(0, sizeof all, &all), 0);
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(is_summary(outcome.err, "1 image, 0 failed")) << outcome.err;
}

/// A caller of the library finds its own numbers of threads as they were.
TEST_F(InferProgram, TheLibraryPutsTheCallersThreadsBack) {
  write_phantom(images_ / "a.png");
  write_phantom(images_ / "b.png", 1);
  const int torch_threads = at::get_num_threads(), opencv_threads = cv::getNumThreads();
  at::set_num_threads(3);
  cv::setNumThreads(2);
  const int torch_before = at::get_num_threads(), opencv_before = cv::getNumThreads();
  for (const int threads : {0, 1, 4}) {
    Configuration configuration = load_configuration(config_);
    configuration.threads = threads;
    std::ostringstream table;
    EXPECT_EQ(cxr::infer(configuration, {.radiographs = {images_}}, table, {}).done, 2U);
    EXPECT_EQ(at::get_num_threads(), torch_before) << threads << " threads";
    EXPECT_EQ(cv::getNumThreads(), opencv_before) << threads << " threads";
  }
  at::set_num_threads(torch_threads);
  cv::setNumThreads(opencv_threads);
}

TEST_F(InferProgram, BatchSizeDoesNotChangeResults) {
  for (const unsigned i : {0U, 1U, 2U, 4U}) {
    const int side = 160 + 40 * static_cast<int>(i);
    write_phantom(images_ / (std::to_string(i) + ".png"), i, {side, 200});
  }
  write_file(images_ / "3.png", "damaged");
  std::vector<Row> first;
  for (const char* size : {"1", "3", "8"}) {
    configure(std::string(R"("heatmap": {"figsize": 2}, "batch_size": )") + size);
    const fs::path pictures = folder_ / size;
    const Outcome outcome =
        infer({"--config", config_, "--xraypath", images_, "--heatmappath", pictures});
    EXPECT_EQ(outcome.status, 4);
    const std::vector<Row> rows = without_time(rows_of(outcome.out));
    EXPECT_EQ(rows.size(), 5U);
    if (first.empty()) first = rows;
    EXPECT_EQ(rows, first) << "batch size " << size;
    for (const char* name : {"0.png", "1.png", "2.png", "4.png"}) {
      const cv::Mat alone = cv::imread(folder_ / "1" / name);
      const cv::Mat picture = cv::imread(pictures / name);
      ASSERT_EQ(picture.size(), alone.size()) << name;
      EXPECT_LE(cv::norm(picture, alone, cv::NORM_INF), 2) << name << ", batch size " << size;
    }
  }
}

// The same pixels in files that lose nothing; the 16-bit one is as 12-bit detectors write them.
TEST_F(InferProgram, FileFormatDoesNotChangeResults) {
  cv::Mat grey, colour, deep;
  cv::normalize(phantom(), grey, 0, 255, cv::NORM_MINMAX);
  cv::cvtColor(grey, colour, cv::COLOR_GRAY2BGRA);
  grey.convertTo(deep, CV_16U, 4080.0 / 255);
  write_file(images_ / "8-bit.png", encode(grey, ".png"));
  write_file(images_ / "16-bit.png", encode(deep, ".png"));
  write_file(images_ / "16-bit.tif", encode(deep, ".tif"));
  write_file(images_ / "rgba.png", encode(colour, ".png"));
  write_file(images_ / "grey.tiff", encode(grey, ".tiff"));
  write_file(images_ / "grey.bmp", encode(grey, ".bmp"));
  write_file(images_ / "lossless.webp", encode(colour, ".webp", {cv::IMWRITE_WEBP_QUALITY, 101}));
  const Outcome outcome = infer_images();
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(is_summary(outcome.err, "7 images, 0 failed"));
  std::vector<Row> rows = without_time(rows_of(outcome.out));
  ASSERT_EQ(rows.size(), 7U);
  for (Row& row : rows) {
    const std::string name = std::exchange(row["Image"], "");
    row["File"] = "";
    EXPECT_EQ(row, rows[0]) << name;
    EXPECT_EQ(row["Status"], "ok") << name << ": " << row["Error"];
  }
}

/// No class is told where nothing can be said; --force tells it, as the original program did.
TEST_F(InferProgram, ImageWithoutLungsIsUnsure) {
  write_file(images_ / "blank.png", encode(cv::Mat(240, 200, CV_8UC1, cv::Scalar(255)), ".png"));
  write_phantom(images_ / "film.png");
  const Outcome outcome = draw_images();
  EXPECT_EQ(outcome.status, 0) << "it is no failure";
  EXPECT_TRUE(is_summary(outcome.err, "2 images, 1 unsure, 0 failed"));
  const std::vector<Row> rows = rows_of(outcome.out);
  ASSERT_EQ(rows.size(), 2U);
  const Row& blank = rows[0];
  EXPECT_EQ(column(rows, "Status"), (std::vector<std::string>{"unsure", "ok"}));
  for (const char* key : {"Prediction", "Confidence", "Error"}) EXPECT_EQ(blank.at(key), "") << key;
  EXPECT_EQ(std::stod(blank.at("Estimated Quality")), 0.0);
  EXPECT_EQ(blank.at("Note"), "no lungs found");
  double sum = 0;
  for (const char* name : {"P(COVID-19)", "P(Normal)", "P(Pneumonia)"}) {
    sum += std::stod(blank.at(name));
  }
  EXPECT_NEAR(sum, 1, 1e-5);
  EXPECT_FALSE(cv::imread(pictures_ / "blank.png").empty());

  const std::vector<Row> forced =
      rows_of(infer({"--config", config_, "--xraypath", images_, "--force"}).out);
  EXPECT_EQ(column(forced, "Status"), (std::vector<std::string>{"ok", "ok"}));
  EXPECT_NE(forced[0].at("Prediction"), "");
  EXPECT_EQ(forced[0].at("Note"), "no lungs found; whole image used");
  EXPECT_EQ(forced[0].at("P(Normal)"), blank.at("P(Normal)"));

  const Outcome table = infer({"--config", config_, "--xraypath", images_, "--format", "table"});
  EXPECT_TRUE(
      std::regex_search(table.out, std::regex("blank.png  unsure +0.000  no lungs found\n")))
      << table.out;
}

TEST_F(InferProgram, AnyFileNameComesBackFromTheTable) {
  const std::set<std::string> names = {"-dash.png",
                                       "a space.png",
                                       "comma, another,.png",
                                       "line\nbreak.png",
                                       "\"quoted\" 'twice'.png",
                                       "L\xC3\xBCnge \xE8\x82\xBA.png",
                                       "not UTF-8 \xFF.png"};
  const std::string bad = "bad, \"worse\"\n.png";
  for (const std::string& name : names) write_phantom(images_ / name);
  write_file(images_ / bad, "no image");
  const Outcome outcome = draw_images();
  EXPECT_EQ(outcome.status, 4);

  std::set<std::string> found;
  for (const Row& row : rows_of(outcome.out)) {
    found.insert(without_guard(row.at("Image")));
    EXPECT_EQ(row.at("Status"), row.at("Image") == bad ? "error" : "ok") << row.at("Error");
    EXPECT_EQ(contains(row.at("Error"), bad), row.at("Image") == bad) << row.at("Error");
    EXPECT_FALSE(row.at("Image").starts_with('-')) << "a formula to a spreadsheet";
  }
  std::set<std::string> written = names;  // results are UTF-8, whatever the name
  written.erase("not UTF-8 \xFF.png");
  written.insert("not UTF-8 \\xFF.png");
  std::set<std::string> all = written;
  all.insert(bad);
  EXPECT_EQ(found, all);
  written.insert("results.csv");
  EXPECT_EQ(names_in(pictures_), written);
}

// ---- Pictures

TEST_F(InferProgram, HeatmapPathGetsPicturesAndTheTable) {
  for (const char* name : {"a.png", "b.jpg", "c.d.png"}) write_phantom(images_ / name);
  const fs::path deep = folder_ / "new" / "and newer" / "";
  const Outcome outcome =
      infer({"--config", config_, "--xraypath", images_, "--heatmappath", deep});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(names_in(deep), (std::set<std::string>{"a.png", "b.png", "c.d.png", "results.csv"}));
  for (const char* name : {"a.png", "b.png", "c.d.png"}) {
    EXPECT_FALSE(cv::imread(deep / name).empty()) << name;
  }
  EXPECT_EQ(read_file(deep / "results.csv"), outcome.out);
}

TEST_F(InferProgram, ImagesOfOneStemKeepTheirPictures) {
  for (const char* name : {"a.png", "a.jpg", "b.png"}) write_phantom(images_ / name);
  EXPECT_EQ(draw_images().status, 0);
  EXPECT_EQ(names_in(pictures_),
            (std::set<std::string>{"a.png.png", "a.jpg.png", "b.png", "results.csv"}));
}

TEST_F(InferProgram, ConfigurationChoosesThePicture) {
  write_phantom(images_ / "a.png");
  const auto draw = [&](const std::string& options) {
    configure(R"("heatmap": {"figsize": 3, )" + options + "}");
    const Outcome outcome = draw_images();
    EXPECT_EQ(outcome.status, 0) << options << ": " << outcome.err;
    cv::Mat picture = cv::imread(pictures_ / "a.png");
    EXPECT_FALSE(picture.empty()) << options;
    return picture;
  };
  const auto same = [](const cv::Mat& a, const cv::Mat& b) {
    return a.size() == b.size() && cv::norm(a, b, cv::NORM_INF) == 0;
  };
  std::vector<cv::Mat> overlays;
  for (const std::string name : {"coolwarm", "gray", "jet_r", "Spectral", "tab10"}) {
    const cv::Mat picture = draw(R"("cmap": ")" + name + '"');
    for (const cv::Mat& other : overlays) EXPECT_FALSE(same(picture, other)) << name;
    overlays.push_back(picture);
  }
  EXPECT_FALSE(same(draw(R"("method": "original")"), overlays[0]));
  const cv::Mat panels = draw(R"("layout": "panels", "method": "original")");
  EXPECT_GT(panels.cols, overlays[0].cols);
  EXPECT_EQ(std::max(overlays[0].cols, overlays[0].rows), 300);
}

TEST_F(InferProgram, HeatmapPathThatIsAFileIsRefused) {
  write_phantom(images_ / "a.png");
  write_file(pictures_, "a file");
  EXPECT_TRUE(stopped(draw_images(), 1, {pictures_.string(), "is not a folder"}));
  EXPECT_EQ(read_file(pictures_), "a file");
}

TEST_F(InferProgram, HeatmapPathThatCannotBeWrittenIsSaid) {
  write_phantom(images_ / "a.png");
  fs::create_directory(pictures_);
  open_to_everybody(folder_.path());
  fs::permissions(pictures_, fs::perms::owner_write, fs::perm_options::remove);
  EXPECT_TRUE(
      stopped(draw_images(as_ordinary_user()), 1, {pictures_.string(), "Permission denied"}));
  EXPECT_TRUE(fs::is_empty(pictures_));
}

TEST_F(InferProgram, AFileThatMayNotBeReadIsSaid) {
  write_phantom(images_ / "a.png");
  write_file(folder_ / "labels.csv", "image,label\na.png,Normal\n");
  open_to_everybody(folder_.path());
  fs::permissions(folder_ / "labels.csv", fs::perms::none);
  const Outcome labels = infer({"--config", config_, images_, "--output", folder_ / "output",
                                "--labels", folder_ / "labels.csv"},
                               as_ordinary_user());
  EXPECT_EQ(labels.status, 2);
  EXPECT_TRUE(contains(labels.err, "labels.csv: permission denied")) << labels.err;
  fs::permissions(config_, fs::perms::none);
  EXPECT_TRUE(
      stopped(infer_images(as_ordinary_user()), 2, {config_.string(), "permission denied"}));
}

TEST_F(InferProgram, ItRunsWhereTheFilesBesideItMayNotBeRead) {
  write_phantom(images_ / "a.png");
  const fs::path program = folder_ / "tool" / "bin" / "cxr-infer",
                 share = folder_ / "tool" / "share";
  fs::create_directories(program.parent_path());
  fs::create_directory(share);
  fs::copy_file(std::string(CXR_PROGRAMS) + "/cxr-infer", program);
  open_to_everybody(folder_.path());
  fs::permissions(share, fs::perms::none);
  const Outcome outcome = run_program(
      {program.string(), "--config", config_.string(), images_.string()}, as_ordinary_user());
  EXPECT_EQ(outcome.status, 0) << outcome.err;
}

TEST_F(InferProgram, FoldersThatMayNotBeReadAreSaidByTheOtherPrograms) {
  fs::create_directory(folder_ / "locked");
  fs::create_directories(folder_ / "set/ManualMask/leftMask");
  open_to_everybody(folder_.path());
  fs::permissions(folder_ / "locked", fs::perms::none);
  fs::permissions(folder_ / "set/ManualMask", fs::perms::none);
  const auto refused = [&](const std::string& program, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), std::string(CXR_PROGRAMS) + "/" + program);
    const Outcome outcome = run_program(arguments, as_ordinary_user());
    return outcome.status == 2 && outcome.err.starts_with(program + ": ") &&
           contains(outcome.err, "permission denied");
  };
  const std::string output = folder_ / "output";
  EXPECT_TRUE(refused("cxr-merge", {"--output", output, folder_ / "locked"}));
  for (const char* folder : {"locked", "set"}) {
    EXPECT_TRUE(refused("cxr-dataset",
                        {"segmentation", "--montgomery", folder_ / folder, "--out", output}));
  }
}

TEST_F(InferProgram, HeatmapPathThatCannotBeMadeIsSaid) {
  write_phantom(images_ / "a.png");
  open_to_everybody(folder_.path());
  fs::permissions(folder_.path(), fs::perms::owner_write, fs::perm_options::remove);
  const Outcome outcome = draw_images(as_ordinary_user());
  fs::permissions(folder_.path(), fs::perms::owner_write, fs::perm_options::add);
  EXPECT_TRUE(stopped(outcome, 1, {pictures_.string(), "cannot be created: Permission denied"}));
}

// They would overwrite radiographs, or be read as radiographs the next time.
TEST_F(InferProgram, PicturesAreNotPutAmongRadiographs) {
  write_phantom(images_ / "a.png");
  write_phantom(images_ / "b.jpg");
  const std::string radiograph = read_file(images_ / "a.png");
  for (const fs::path& input : {images_, images_ / "b.jpg"}) {
    const Outcome outcome =
        infer({"--config", config_, "--xraypath", input, "--heatmappath", images_ / "."});
    EXPECT_TRUE(stopped(outcome, 2, {images_.string(), "--heatmappath"}));
  }
  EXPECT_TRUE(read_file(images_ / "a.png") == radiograph) << "it was overwritten";
  EXPECT_EQ(names_in(images_), (std::set<std::string>{"a.png", "b.jpg"}));
}

/// A later run with --recursive would take them for radiographs: nothing marks their folder.
TEST_F(InferProgram, PicturesAreNotPutWhereARecursiveRunWouldFindThem) {
  fs::create_directory(images_ / "ward");
  write_phantom(images_ / "ward" / "a.png");
  for (const fs::path& folder : {images_ / "pictures", images_ / "ward" / "b" / "c", images_}) {
    const Outcome outcome =
        infer({"--config", config_, "-r", "--xraypath", images_, "--heatmappath", folder});
    EXPECT_TRUE(stopped(outcome, 2, {folder.string(), "--heatmappath"}));
  }
  const fs::path hidden = images_ / ".pictures";
  EXPECT_EQ(
      infer({"--config", config_, "-r", "--xraypath", images_, "--heatmappath", hidden}).status, 0);
  EXPECT_EQ(names_in(hidden), (std::set<std::string>{"results.csv", "ward"}));
}

TEST_F(InferProgram, PictureDoesNotOverwriteARadiographBehindALink) {
  fs::create_directory(pictures_);
  write_phantom(pictures_ / "a.png");
  fs::create_symlink(pictures_ / "a.png", images_ / "a.png");
  const std::string radiograph = read_file(pictures_ / "a.png");
  EXPECT_TRUE(stopped(draw_images(), 2, {"a.png", "overwrite", "--heatmappath"}));
  EXPECT_TRUE(read_file(pictures_ / "a.png") == radiograph) << "it was overwritten";
}

TEST_F(InferProgram, PictureThatCannotBeWrittenIsItsRowsError) {
  write_phantom(images_ / "a.png");
  write_phantom(images_ / "b.png");
  fs::create_directories(pictures_ / "a.png" / "in the way");
  const Outcome outcome = draw_images();
  EXPECT_EQ(outcome.status, 4);
  const std::vector<Row> rows = rows_of(outcome.out);
  EXPECT_EQ(column(rows, "Status"), (std::vector<std::string>{"error", "ok"}));
  EXPECT_TRUE(contains(rows.at(0).at("Error"), (pictures_ / "a.png").string()));
  EXPECT_FALSE(cv::imread(pictures_ / "b.png").empty());
}

TEST_F(InferProgram, FullDiskUnderStandardOutputIsSaid) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  write_phantom(images_ / "a.png");
  const Outcome outcome = draw_images({.directory = {}, .user = {}, .output = "/dev/full"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(is_line_with(outcome.err, {"standard output cannot be written"}));
  EXPECT_TRUE(fs::is_empty(pictures_)) << "half a results.csv is left";
}

// ---- Bad images

/// The checksum of a PNG chunk (PNG specification, annex D).
std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = ~0U;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1U ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(value >> shift & 0xFFU);
  return bytes;
}

/// A small PNG whose header promises a large one, and is valid by itself.
std::string png_that_says_it_is(std::uint32_t width, std::uint32_t height) {
  std::string png = encode(phantom(), ".png");
  png.replace(16, 8, big_endian(width) + big_endian(height));
  png.replace(29, 4, big_endian(crc32(std::string_view(png).substr(12, 17))));
  return png;
}

std::string first_half(const std::string& bytes) { return bytes.substr(0, bytes.size() / 2); }

std::string with_damaged_middle(std::string bytes) {
  return bytes.replace(bytes.size() / 2, 64, std::string(64, '\x55'));
}

struct BadFile {
  std::string description;
  std::string name;
  std::function<std::string()> bytes;
  std::string reason;
};

void PrintTo(const BadFile& bad, std::ostream* out) { *out << bad.description; }

class BadImage : public InferProgram, public testing::WithParamInterface<BadFile> {};

TEST_P(BadImage, FailsAlone) {
  const auto write = [](const fs::path& file) { write_file(file, GetParam().bytes()); };
  expect_error_row(GetParam().name, write, GetParam().reason);
}

INSTANTIATE_TEST_SUITE_P(
    Infer, BadImage,
    testing::Values(
        BadFile{"ZeroBytes", "empty.png", [] { return ""; }, "is empty"},
        BadFile{"Text", "text.png", [] { return "Not a picture.\n"; }, "is not a DICOM, PNG, JPEG"},
        BadFile{"TruncatedPng", "cut.png", [] { return first_half(encode(phantom(), ".png")); },
                "incomplete"},
        BadFile{"TruncatedJpeg", "cut.jpg", [] { return first_half(encode(phantom(), ".jpg")); },
                "incomplete"},
        BadFile{"DamagedPng", "damaged.png",
                [] { return with_damaged_middle(encode(phantom(), ".png")); }, "damaged"},
        BadFile{"OnePixel", "pixel.png",
                [] { return encode(cv::Mat(1, 1, CV_8UC1, cv::Scalar(9)), ".png"); },
                "is 1 x 1 pixels, too small"}),
    kDescription);

TEST_F(InferProgram, UnreadableImageFailsAlone) {
  const auto write = [&](const fs::path& file) {
    write_phantom(file);
    open_to_everybody(folder_.path());
    fs::permissions(file, fs::perms::none);
  };
  expect_error_row("secret.png", write, "cannot be opened: Permission denied", as_ordinary_user());
}

TEST_F(InferProgram, AFolderThatCannotBeListedIsARow) {
  write_phantom(images_ / "good.png");
  fs::create_directory(images_ / "secret");
  open_to_everybody(folder_.path());
  fs::permissions(images_ / "secret", fs::perms::none);
  const Outcome outcome =
      infer({"--config", config_, "-r", "--xraypath", images_}, as_ordinary_user());
  EXPECT_EQ(outcome.status, 4) << outcome.err;
  const std::vector<Row> rows = rows_of(outcome.out);
  EXPECT_EQ(column(rows, "Status"), (std::vector<std::string>{"ok", "error"}));
  EXPECT_TRUE(is_line_with(rows.at(1).at("Error") + "\n",
                           {"secret", "cannot be listed: Permission denied"}));
}

TEST_F(InferProgram, DanglingLinkFailsAlone) {
  const auto write = [](const fs::path& file) { fs::create_symlink("nowhere", file); };
  expect_error_row("link.png", write, "no such file");
}

// Decoded, it would take 400 MB.
TEST_F(InferProgram, HugeImageIsRefusedByItsHeader) {
  write_phantom(images_ / "good.png");
  const Outcome alone = infer_images();
  write_file(images_ / "huge.png", png_that_says_it_is(20000, 20000));
  const Outcome outcome = infer_images();
  EXPECT_EQ(outcome.status, 4);
  const std::vector<Row> rows = without_time(rows_of(outcome.out));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0], without_time(rows_of(alone.out)).at(0));
  EXPECT_TRUE(is_line_with(rows[1].at("Error") + "\n",
                           {"read: ", "huge.png", "is 20000 x 20000 pixels, more than 100000000"}));
  EXPECT_LT(outcome.peak_bytes, alone.peak_bytes + 100 * kMebibyte);
}

TEST_F(InferProgram, NothingButBadImagesIsStillATable) {
  write_file(images_ / "a.png", "");
  write_file(images_ / "b.png", "text");
  const Outcome outcome = draw_images();
  EXPECT_EQ(outcome.status, 4);
  EXPECT_TRUE(is_summary(outcome.err, "2 images, 2 failed"));
  const std::vector<Row> rows = rows_of(outcome.out);
  EXPECT_EQ(column(rows, "Status"), (std::vector<std::string>{"error", "error"}));
  EXPECT_EQ(read_file(pictures_ / "results.csv"), outcome.out);
}

// ---- Nothing to read

TEST_F(InferProgram, PathThatDoesNotExistIsWrongUsage) {
  EXPECT_TRUE(stopped(infer_path(folder_ / "nowhere"), 2,
                      {(folder_ / "nowhere").string(), "no such file or folder"}));
}

TEST_F(InferProgram, EmptyFolderIsNothingToDo) {
  EXPECT_TRUE(stopped(draw_images(), 3, {images_.string(), "no images"}));
  EXPECT_FALSE(fs::exists(pictures_));
}

TEST_F(InferProgram, FolderWithoutImagesIsNothingToDo) {
  write_file(images_ / "notes.txt", "no image");
  EXPECT_TRUE(stopped(infer_images(), 3, {images_.string(), "no images"}));
}

// ---- Options

TEST_F(InferProgram, MissingOptionIsNamed) {
  const std::string images = images_.string();
  for (const auto& [arguments, missing] :
       std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{}, "--config"},
           {{"--config", config_}, "--xraypath"},
           {{"--config", config_, "--xraypath", images, "--heatmappath"}, "--heatmappath"}}) {
    const Outcome outcome = infer(arguments);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(outcome.out, "");
    EXPECT_TRUE(contains(outcome.err, missing)) << outcome.err;
  }
}

TEST_F(InferProgram, UnknownOptionIsNamed) {
  const Outcome outcome =
      infer({"--config", config_, "--xraypath", images_, "--heatmap-path", pictures_});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(contains(outcome.err, "--heatmap-path")) << outcome.err;
}

TEST_F(InferProgram, HelpExplainsTheOptions) {
  const Outcome outcome = infer({"--help"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
  for (const char* word : {"--config", "--xraypath", "--heatmappath", "not for diagnosis"}) {
    EXPECT_TRUE(contains(outcome.out, word)) << word << " is not in: " << outcome.out;
  }
}

// Paths are relative to where the programme runs, the models' to the configuration.
TEST_F(InferProgram, PathsAreTakenAsTheyAre) {
  const fs::path elsewhere = folder_ / "else where";
  fs::create_directory(elsewhere);
  fs::rename(images_, elsewhere / "-x \"ray\"");
  write_phantom(elsewhere / "-x \"ray\"" / "a.png");
  RunOptions options;
  options.directory = elsewhere;
  const Outcome outcome = infer(
      {"--config", "../config.json", "--xraypath=-x \"ray\"", "--heatmappath", "[my pictures]"},
      options);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(rows_of(outcome.out).size(), 1U);
  EXPECT_EQ(names_in(elsewhere / "[my pictures]"), (std::set<std::string>{"a.png", "results.csv"}));
}

// ---- Configuration

struct BadConfiguration {
  std::string description;
  std::string text;
  std::vector<std::string> words;
};

void PrintTo(const BadConfiguration& bad, std::ostream* out) { *out << bad.description; }

class WrongConfiguration : public InferProgram,
                           public testing::WithParamInterface<BadConfiguration> {};

TEST_P(WrongConfiguration, IsNamedWithItsKey) {
  write_phantom(images_ / "a.png");
  std::string text = GetParam().text;
  if (text.starts_with('"')) {
    configure(text);
  } else {
    write_file(config_, text);
  }
  std::vector<std::string> words = GetParam().words;
  words.push_back(config_.string());
  EXPECT_TRUE(stopped(draw_images(), 2, words));
  EXPECT_FALSE(fs::exists(pictures_));
}

INSTANTIATE_TEST_SUITE_P(
    Infer, WrongConfiguration,
    testing::Values(
        BadConfiguration{"NotJson", "segmenter = segmenter.pt\n", {"is not JSON", "line 1"}},
        BadConfiguration{"UnknownKey", R"("batchsize": 3)", {"batchsize: ", "batch_size"}},
        BadConfiguration{"WrongType", R"("batch_size": "3")", {"batch_size: ", "whole number"}},
        BadConfiguration{"OutOfRange", R"("batch_size": 0)", {"batch_size: ", "from 1 to 1024"}}),
    kDescription);

TEST_F(InferProgram, MissingConfigurationIsNamed) {
  write_phantom(images_ / "a.png");
  fs::remove(config_);
  EXPECT_TRUE(stopped(infer_images(), 2, {config_.string(), "no such file"}));
}

// ---- Models

struct BadModel {
  std::string description;
  std::string file;                            ///< that is bad
  std::function<void(const fs::path&)> spoil;  ///< given a good one
  std::string reason;
};

void PrintTo(const BadModel& bad, std::ostream* out) { *out << bad.description; }

class WrongModel : public InferProgram, public testing::WithParamInterface<BadModel> {};

// Results of an earlier run stay as they are.
TEST_P(WrongModel, IsNamedBeforeAnythingIsWritten) {
  write_phantom(images_ / "a.png");
  fs::create_directory(pictures_);
  write_file(pictures_ / "results.csv", "of an earlier run");
  GetParam().spoil(folder_ / GetParam().file);
  EXPECT_TRUE(stopped(draw_images(), 1, {(folder_ / GetParam().file).string(), GetParam().reason}));
  EXPECT_EQ(names_in(pictures_), (std::set<std::string>{"results.csv"}));
  EXPECT_EQ(read_file(pictures_ / "results.csv"), "of an earlier run");
}

const auto kReplaceByOther = [](const fs::path& file) {
  const bool is_classifier = file.filename() == "classifier.pt";
  fs::copy_file(file.parent_path() / (is_classifier ? "segmenter.pt" : "classifier.pt"), file,
                fs::copy_options::overwrite_existing);
};

/// Names a model in the manifest.json beside it.
void ship(const fs::path& file) {
  const nlohmann::json entry = {{"sha256", sha256(file)}, {"bytes", fs::file_size(file)}};
  write_file(file.parent_path() / "manifest.json",
             nlohmann::json{{file.filename().string(), entry}}.dump());
}

const auto kDamageShipped = [](const fs::path& file) {
  ship(file);
  write_file(file, with_damaged_middle(read_file(file)));
};

INSTANTIATE_TEST_SUITE_P(
    Infer, WrongModel,
    testing::Values(
        BadModel{"Missing", "classifier.pt", [](const fs::path& file) { fs::remove(file); },
                 "no such file"},
        BadModel{"ZeroBytes", "segmenter.pt", [](const fs::path& file) { write_file(file, ""); },
                 "not a TorchScript archive"},
        BadModel{"Text", "segmenter.pt",
                 [](const fs::path& file) { write_file(file, "weights\n"); },
                 "not a TorchScript archive"},
        BadModel{"Truncated", "classifier.pt",
                 [](const fs::path& file) { write_file(file, first_half(read_file(file))); },
                 "damaged"},
        BadModel{"Damaged", "segmenter.pt", kDamageShipped, "its SHA-256 is not that in"},
        BadModel{"ShippedAndCut", "classifier.pt",
                 [](const fs::path& file) {
                   ship(file);
                   write_file(file, first_half(read_file(file)));
                 },
                 "incomplete"},
        BadModel{"ClassifierForSegmenter", "segmenter.pt", kReplaceByOther,
                 "is a classifier where a segmenter is expected"},
        BadModel{"SegmenterForClassifier", "classifier.pt", kReplaceByOther,
                 "is a segmenter where a classifier is expected"},
        BadModel{"NoContract", "classifier.pt",
                 [](const fs::path& file) {
                   write_tiny_network(file, tiny_contract(Contract::Kind::classifier), false);
                 },
                 "carries no contract.json"}),
    kDescription);

TEST_F(InferProgram, ModelsThatAreWhatTheirManifestSaysAreUsed) {
  write_phantom(images_ / "a.png");
  ship(folder_ / "classifier.pt");
  EXPECT_EQ(infer_images().status, 0);
}

TEST_F(InferProgram, AManifestOfModelsThatIsNoneIsNamed) {
  write_phantom(images_ / "a.png");
  write_file(folder_ / "manifest.json", "{");
  EXPECT_TRUE(stopped(infer_images(), 1, {(folder_ / "manifest.json").string(), "not valid JSON"}));
}

TEST_F(InferProgram, ContractInTheConfigurationStandsInForAMissingOne) {
  write_phantom(images_ / "a.png");
  const std::vector<Row> carried = rows_of_library();
  const Contract contract = tiny_contract(Contract::Kind::classifier);
  write_tiny_network(folder_ / "classifier.pt", contract, false);
  write_file(config_, R"({"segmenter": "segmenter.pt", "classifier": {"path": "classifier.pt",
                          "contract": )" +
                          to_json(contract).dump() + "}}");
  const Outcome stated = infer_images();
  EXPECT_EQ(stated.status, 0) << stated.err;
  EXPECT_EQ(without_time(rows_of(stated.out)), without_time(carried));
}

}  // namespace
}  // namespace cxr::test
