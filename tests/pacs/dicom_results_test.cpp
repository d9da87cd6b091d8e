#include "pacs/dicom_results.h"

#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcfilefo.h>
#include <dcmtk/dcmdata/dcuid.h>
#include <dcmtk/dcmsr/dsrdoc.h>
#include <gtest/gtest.h>

#include <fstream>
#include <opencv2/imgproc.hpp>
#include <sstream>

#include "cxr/error.h"
#include "pacs/lung_segments.h"
#include "pacs/secondary_capture.h"
#include "support/identified_film.h"
#include "support/infer_program.h"
#include "support/look.h"

namespace cxr {
namespace {

using test::contains;

const JudgedBy kJudges{{"unet", "1", std::string(64, 'a')},
                       {"resnet", "2", std::string(64, 'b')},
                       {"COVID-19", "Normal", "Pneumonia"},
                       "{}"};

/// What a run would make of a film with two lungs.
Analysis pneumonia(cv::Size size = {200, 240}) {
  Analysis analysis;
  Result& result = analysis.result;
  result.name = "secret-name.dcm";
  result.prediction = "Pneumonia";
  result.probabilities = {0.05F, 0.03F, 0.92F};
  result.predicted = 2;
  result.image_size = size;
  result.lungs = {{{}, size}, 0.95};
  result.crop = {{}, size};
  analysis.intermediates.image = test::phantom(0, size);
  analysis.intermediates.lung_mask = cv::Mat::zeros(64, 64, CV_8UC1);
  analysis.intermediates.lung_mask(cv::Rect(8, 10, 16, 40)) = 255;
  analysis.intermediates.lung_mask(cv::Rect(40, 12, 14, 36)) = 255;
  analysis.intermediates.heat_map = cv::Mat(size, CV_32FC1, cv::Scalar(0.5));
  return analysis;
}

Analysis without_lungs() {
  Analysis analysis = pneumonia();
  analysis.result.status = Status::unsure;
  analysis.result.prediction.clear();
  analysis.result.lungs = {};
  analysis.intermediates.lung_mask = 0;
  return analysis;
}

/// A folder with a film and the objects that were made of it.
class DicomResultsTest : public testing::Test {
 protected:
  DicomSource film(const test::DicomSpec& spec) const {
    test::write_dicom(folder_ / "film.dcm", spec);
    return read_dicom_source(folder_ / "film.dcm").value();
  }
  DicomSource film() const { return film(test::identified_film(test::phantom())); }

  DicomResults made(const DicomSource& source, const Analysis& analysis = pneumonia(),
                    const std::vector<std::string>& notes = {},
                    const JudgedBy& judges = kJudges) const {
    return dicom_results(source, analysis, notes, judges, {});
  }
  DicomResults made() const { return made(film()); }

  std::filesystem::path file(const std::string& content, const std::string& name) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return folder_ / name;
  }

  DcmDataset& read(const std::string& content) {
    const auto path = file(content, "object.dcm");
    EXPECT_TRUE(read_.loadFile(path.c_str()).good());
    return *read_.getDataset();
  }

  std::string text(const std::string& content, const DcmTagKey& tag, bool is_deep = false) {
    OFString value;
    read(content).findAndGetOFStringArray(tag, value, is_deep);
    return {value.data(), value.size()};
  }

  std::string told_by_report(const std::string& content) {
    DSRDocument document;
    EXPECT_TRUE(document.read(read(content)).good());
    std::ostringstream told;
    document.print(told, DSRTypes::PF_printAllCodes | DSRTypes::PF_printSOPInstanceUID);
    return told.str();
  }

  const test::TempDir folder_;
  DcmFileFormat read_;
};

std::vector<std::string> all(const DicomResults& results) {
  return {results.secondary_capture, results.segmentation, results.report};
}

TEST_F(DicomResultsTest, ComeIntoTheFilmsStudyOfItsPatient) {
  for (const std::string& object : all(made())) {
    EXPECT_EQ(text(object, DCM_SpecificCharacterSet), "ISO_IR 100");
    EXPECT_EQ(text(object, DCM_PatientName), "M\xFCller^J\xFCrgen");
    EXPECT_EQ(text(object, DCM_PatientID), "PAT-42");
    EXPECT_EQ(text(object, DCM_PatientBirthDate), "19500203");
    EXPECT_EQ(text(object, DCM_StudyInstanceUID), "1.2.3.4");
    EXPECT_EQ(text(object, DCM_StudyDate), "20260102");
    EXPECT_EQ(text(object, DCM_AccessionNumber), "ACC-7");
    EXPECT_NE(text(object, DCM_SeriesInstanceUID), "1.2.3.4.1");
  }
}

// Pixels, overlays, private elements, sequences and the place of the film are not of the patient.
TEST_F(DicomResultsTest, CarryNothingElse) {
  for (const std::string& object : all(made())) {
    EXPECT_FALSE(contains(object, "private"));
    EXPECT_FALSE(contains(object, "Secret Hospital"));
    EXPECT_FALSE(contains(object, "1.2.3.99"));
    EXPECT_FALSE(contains(object, "secret-name"));
    EXPECT_FALSE(read(object).tagExists(DcmTagKey(0x6000, 0x3000)));
  }
}

TEST_F(DicomResultsTest, ReferToTheFilmAndNameTheNetworks) {
  for (const std::string& object : all(made())) {
    EXPECT_EQ(text(object, DCM_ReferencedSOPInstanceUID, true), "1.2.3.4.5");
    EXPECT_TRUE(contains(object, std::string(64, 'a')));
    EXPECT_TRUE(contains(object, std::string(64, 'b')));
    EXPECT_EQ(text(object, DCM_ManufacturerModelName), "cxr-infer");
  }
}

// An archive takes the same object twice for one, and objects of the same UID for the same.
TEST_F(DicomResultsTest, UidsDependOnFilmModelsAndSettingsAlone) {
  const DicomSource source = film();
  std::set<std::string> uids;
  const auto add = [&](const DicomResults& results) {
    for (const std::string& object : all(results)) {
      uids.insert(text(object, DCM_SOPInstanceUID));
      uids.insert(text(object, DCM_SeriesInstanceUID));
    }
    return uids.size();
  };
  EXPECT_EQ(add(made(source)), 6);
  EXPECT_EQ(add(made(source)), 6);
  JudgedBy other = kJudges;
  other.classifier.sha256[0] = 'c';
  EXPECT_EQ(add(made(source, pneumonia(), {}, other)), 12);
  other.settings = "{\"force\": true}";
  EXPECT_EQ(add(made(source, pneumonia(), {}, other)), 18);
  DicomSource another = source;
  another.uids.instance = "1.2.3.4.6";
  EXPECT_EQ(add(made(another)), 24);
}

TEST_F(DicomResultsTest, SegmentationIsTheMaskBitForBit) {
  const DicomSource source = film();
  const Analysis analysis = pneumonia();
  DcmDataset& set = read(made(source).segmentation);
  const Uint8* bits = nullptr;
  unsigned long count = 0;
  ASSERT_TRUE(set.findAndGetUint8Array(DCM_PixelData, bits, &count).good());
  const auto segments =
      lung_segments(analysis.intermediates.lung_mask, analysis.result.image_size, source, kSpeck);
  ASSERT_EQ(segments.size(), 2);
  std::size_t at = 0, wrong = 0;
  for (const LungSegment& segment : segments) {
    for (auto pixel = segment.mask.begin<uchar>(); pixel != segment.mask.end<uchar>(); ++pixel) {
      wrong += (bits[at / 8] >> at % 8 & 1) != *pixel ? 1 : 0;
      ++at;
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(at, 2 * 200 * 240);
}

TEST_F(DicomResultsTest, SpecksAreInTheSegmentationWhereTheyCountAsLungs) {
  Analysis analysis = pneumonia();
  analysis.intermediates.lung_mask(cv::Rect(60, 1, 2, 2)) = 255;
  JudgedBy specks = kJudges;
  specks.smallest_component = 0;
  const auto segments = [&](const JudgedBy& judges) {
    DcmSequenceOfItems* sequence = nullptr;
    read(made(film(), analysis, {}, judges).segmentation)
        .findAndGetSequence(DCM_SegmentSequence, sequence);
    return sequence == nullptr ? 0U : sequence->card();
  };
  EXPECT_EQ(segments(kJudges), 2U);
  EXPECT_EQ(segments(specks), 1U) << "three bodies are not a right and a left lung";
}

// Readers such as highdicom look for the masks of a film in the frames, and only if they lie on it.
TEST_F(DicomResultsTest, EachFrameOfTheSegmentationRefersToTheFilm) {
  DcmDataset& set = read(made().segmentation);
  for (const signed long frame : {0, 1}) {
    DcmItem *groups = nullptr, *derivation = nullptr, *image = nullptr;
    ASSERT_TRUE(
        set.findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, groups, frame).good());
    ASSERT_TRUE(groups->findAndGetSequenceItem(DCM_DerivationImageSequence, derivation).good());
    ASSERT_TRUE(derivation->findAndGetSequenceItem(DCM_SourceImageSequence, image).good());
    OFString uid, is_preserved;
    image->findAndGetOFString(DCM_ReferencedSOPInstanceUID, uid);
    image->findAndGetOFString(DCM_SpatialLocationsPreserved, is_preserved);
    EXPECT_EQ(uid, "1.2.3.4.5");
    EXPECT_EQ(is_preserved, "YES");
  }
}

// The film's own spacing and directions: 200 x 240 pixels that are stored lying on their side.
TEST_F(DicomResultsTest, SegmentationOfATurnedFilmHasItsSizeAndPlane) {
  test::DicomSpec spec = test::identified_film(test::phantom(0, {240, 200}));
  spec.texts.emplace_back("0020,0020", "F\\L");
  const std::string object = made(film(spec)).segmentation;
  Uint16 rows = 0, columns = 0;
  read(object).findAndGetUint16(DCM_Rows, rows);
  read_.getDataset()->findAndGetUint16(DCM_Columns, columns);
  EXPECT_EQ(rows, 200);
  EXPECT_EQ(columns, 240);
  EXPECT_EQ(text(object, DCM_ImageOrientationPatient, true), "0\\0\\-1\\1\\0\\0");
  EXPECT_EQ(text(object, DCM_PixelSpacing, true), "0.2\\0.2");
}

TEST_F(DicomResultsTest, ReportHasPredictionProbabilitiesAndQuality) {
  const std::string told = told_by_report(made(film(), pneumonia(), {"negative image"}).report);
  for (const char* part :
       {"\"Predicted class\")=(233604007,SCT,\"Pneumonia\")", "\"0.920000\"", "\"0.950000\"",
        "Probability of COVID-19", "negative image", "For research only, not for diagnosis",
        "\"Referenced Segment\"", "\"resnet\"", "PRELIMINARY", "UNVERIFIED"}) {
    EXPECT_TRUE(contains(told, part)) << part << " is not in\n" << told;
  }
}

TEST_F(DicomResultsTest, AnUnsureResultStatesNoClass) {
  const DicomResults results = made(film(), without_lungs(), {"no lungs found"});
  EXPECT_TRUE(results.segmentation.empty());
  const std::string told = told_by_report(results.report);
  EXPECT_TRUE(contains(told, "\"Unsure\"")) << told;
  EXPECT_TRUE(contains(told, "no lungs found"));
  for (const char* part : {"Pneumonia", "COVID", "Probability", "Referenced Segment"}) {
    EXPECT_FALSE(contains(told, part)) << part;
  }
  EXPECT_FALSE(contains(results.secondary_capture, "Pneumonia"));
}

// A heat map explains a class.
TEST_F(DicomResultsTest, SecondaryCaptureOfAnUnsureResultHasNoHeatMap) {
  const auto has_colour = [](const Analysis& analysis) {
    Analysis unmarked = analysis;
    unmarked.result.lungs.box = {};
    unmarked.intermediates.lung_mask = 0;
    const cv::Mat picture = draw_secondary_capture(unmarked, {});
    std::vector<cv::Mat> planes;
    cv::split(picture, planes);
    return cv::norm(planes[0], planes[2], cv::NORM_INF) > 60;
  };
  EXPECT_TRUE(has_colour(pneumonia()));
  EXPECT_FALSE(has_colour(without_lungs()));
}

TEST_F(DicomResultsTest, SecondaryCaptureHoldsThePictureAsRgb) {
  const Analysis analysis = pneumonia();
  DcmDataset& set = read(made(film(), analysis).secondary_capture);
  const Uint8* bytes = nullptr;
  unsigned long count = 0;
  ASSERT_TRUE(set.findAndGetUint8Array(DCM_PixelData, bytes, &count).good());
  cv::Mat picture;
  cv::cvtColor(draw_secondary_capture(analysis, {}), picture, cv::COLOR_BGR2RGB);
  ASSERT_GE(count, picture.total() * 3);
  EXPECT_TRUE(std::equal(picture.datastart, picture.dataend, bytes));
}

// Letters that the film's character set may not have, and the sign that separates values.
TEST_F(DicomResultsTest, NamesOfAnyLettersAreWritten) {
  JudgedBy judges = kJudges;
  judges.classes[2] = "Lungenentz\u00FCndung \\ \u80BA\u708E";
  judges.classifier.name = std::string(300, 'x') + "\u00FC";
  Analysis analysis = pneumonia();
  analysis.result.prediction = judges.classes[2];
  const DicomResults results = made(film(), analysis, {"\u80BA"}, judges);
  EXPECT_TRUE(contains(told_by_report(results.report), "Lungenentz?ndung ? ??"));
  EXPECT_TRUE(contains(results.segmentation, "DICM"));
}

TEST_F(DicomResultsTest, ATruncatedFileIsNotWhole) {
  const DicomResults results = made();
  for (const std::string& object : all(results)) {
    EXPECT_TRUE(is_whole_dicom(file(object, "whole.dcm")));
    EXPECT_FALSE(is_whole_dicom(file(object.substr(0, object.size() - 1), "cut.dcm")));
    EXPECT_FALSE(is_whole_dicom(file(object.substr(0, object.size() / 2), "half.dcm")));
    EXPECT_FALSE(is_whole_dicom(file(object.substr(0, 100), "start.dcm")));
  }
  EXPECT_FALSE(is_whole_dicom(folder_ / "none.dcm"));
  EXPECT_FALSE(is_whole_dicom(file(std::string(5000, 'x'), "other.dcm")));
}

// An archive's secondary captures come with the next export.
TEST_F(DicomResultsTest, AreNotJudgedAsFilms) {
  const auto path = file(made().secondary_capture, "sc.dcm");
  EXPECT_THROW(read_radiograph(path), SkippedError);
}

TEST_F(DicomResultsTest, AreValid) {
  if (!std::filesystem::exists("/usr/bin/dciodvfy")) GTEST_SKIP() << "dicom3tools is missing";
  test::DicomSpec turned = test::identified_film(test::phantom(0, {240, 200}));
  turned.texts.emplace_back("0020,0020", "F\\L");
  test::DicomSpec bare = test::identified_film(test::phantom());
  std::erase_if(bare.texts, [](const auto& text) {
    return text.first.starts_with("0010") || text.first == "0008,0005" ||
           text.first == "0018,1164" || text.first == "0008,0050";
  });
  bare.texts.emplace_back("0012,0062", "YES");
  test::DicomSpec frames = test::identified_film(test::phantom(0, {200, 480}));
  frames.frames = 2;
  test::DicomSpec true_frames = frames;
  true_frames.texts.emplace_back("0008,0016", "1.2.840.10008.5.1.4.1.1.7.2");
  test::DicomSpec lossy = test::identified_film(test::phantom());
  lossy.syntax = EXS_JPEGProcess1;
  for (const test::DicomSpec& spec :
       {test::identified_film(test::phantom()), turned, bare, frames, true_frames, lossy}) {
    const DicomSource source = film(spec);
    for (const Analysis& analysis : {pneumonia(), without_lungs()}) {
      for (const std::string& object : all(made(source, analysis, {"a remark"}))) {
        if (object.empty()) continue;
        const test::Outcome said =
            test::run_program({"/usr/bin/dciodvfy", file(object, "object.dcm")});
        EXPECT_FALSE(contains(said.out + said.err, "Error")) << said.out << said.err;
      }
    }
  }
}

}  // namespace
}  // namespace cxr
