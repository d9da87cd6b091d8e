// The DICOM objects as pydicom and highdicom read them, which share no code with the program.

#include <opencv2/imgcodecs.hpp>

#include "base/format.h"
#include "support/identified_film.h"
#include "support/output_program.h"

namespace cxr::test {
namespace {

/// Prints what the report says, and writes the pixels to sc.raw and seg.raw.
constexpr const char* kReader = R"(
import sys
import highdicom
import pydicom

name, film = sys.argv[1:]
capture = pydicom.dcmread(name + ".sc.dcm")
open("sc.raw", "wb").write(capture.pixel_array.tobytes())
print("capture", *capture.pixel_array.shape, capture.PhotometricInterpretation)

masks = highdicom.seg.segread(name + ".seg.dcm")
pixels = masks.get_pixels_by_source_instance([film])
assert (pixels[0].transpose(2, 0, 1) == pydicom.dcmread(name + ".seg.dcm").pixel_array).all()
open("seg.raw", "wb").write(pixels[0].max(axis=2).astype("uint8").tobytes())
print("masks", *pixels.shape)
for number in masks.segment_numbers:
    print("segment", masks.get_segment_description(number).segment_label)

report = highdicom.sr.srread(name + ".sr.dcm")
for group in report.content.get_image_measurement_groups():
    for measurement in group.get_measurements():
        print("measured", measurement.name.meaning, format(float(measurement.value), ".4f"))
    for evaluation in group.get_qualitative_evaluations():
        print("evaluated", evaluation.name.meaning, evaluation.value.meaning)
)";

class ObjectReaders : public OutputProgram {
 protected:
  void SetUp() override {
    const char* home = std::getenv("HOME");
    python_ = fs::path(home == nullptr ? "" : home) / ".cache/cxr-infer/python/bin/python3";
    if (run_program({python_, "-c", "import highdicom"}).status != 0) {
      GTEST_SKIP() << "highdicom is missing: scripts/setup.sh --with-archive";
    }
  }
  /// What the reader says of the objects of a film.
  std::string told(const DicomSpec& film) const {
    write_dicom(images_ / "film.dcm", film);
    const Outcome judged = write_output({"--save", "dicom,mask"});
    EXPECT_EQ(judged.status, 0) << judged.err;
    write_file(folder_ / "reader.py", kReader);
    RunOptions options;
    options.directory = folder_.path();
    const Outcome said = run_program(
        {python_, folder_ / "reader.py", output_ / "dicom" / "film", "1.2.3.4.5"}, options);
    EXPECT_EQ(said.status, 0) << said.err;
    return said.out;
  }

  fs::path python_;
};

TEST_F(ObjectReaders, PixelsAndNumbersAreThoseOfTheResults) {
  const std::string said = told(identified_film(phantom()));
  const json result = records().at(0);
  for (const auto& [name, probability] : result.at("probabilities").items()) {
    EXPECT_TRUE(contains(said, "measured Probability " + fixed(probability.get<double>(), 4)))
        << name << " in\n"
        << said;
  }
  EXPECT_TRUE(contains(said, "measured Quality of the lung mask "));
  EXPECT_TRUE(
      contains(said, "evaluated Predicted class " + result.at("prediction").get<std::string>()));
  const std::string pixels = read_file(folder_ / "seg.raw");
  const cv::Mat mask = cv::imread(output_ / "masks" / "film.png", cv::IMREAD_GRAYSCALE) > 0;
  ASSERT_EQ(pixels.size(), mask.total());
  const cv::Mat read(mask.size(), CV_8UC1, const_cast<char*>(pixels.data()));
  EXPECT_EQ(cv::countNonZero((read > 0) & ~mask), 0);
  const cv::Mat left_out = (read == 0) & mask;
  EXPECT_LT(cv::mean(left_out)[0], 0.005 * 255) << "more than specks";
  EXPECT_TRUE(
      contains(read_file(output_ / "dicom" / "film.sc.dcm"), read_file(folder_ / "sc.raw")));
}

TEST_F(ObjectReaders, MasksOfATurnedFilmHaveItsShape) {
  DicomSpec film = identified_film(phantom(0, {240, 200}));
  film.texts.emplace_back("0020,0020", "F\\L");
  EXPECT_TRUE(contains(told(film), "masks 1 200 240 "));
}

}  // namespace
}  // namespace cxr::test
