#include "read/dicom_source.h"

#include <gtest/gtest.h>

#include <fstream>

#include "support/identified_film.h"
#include "support/temp_dir.h"

namespace cxr {
namespace {

class DicomSourceTest : public testing::Test {
 protected:
  std::optional<DicomSource> read(const test::DicomSpec& spec) const {
    test::write_dicom(folder_ / "film.dcm", spec);
    return read_dicom_source(folder_ / "film.dcm");
  }
  static test::DicomSpec film() {
    return test::identified_film(cv::Mat(40, 50, CV_8UC1, cv::Scalar(9)));
  }
  static std::string value(const DicomSource& source, int group, int element) {
    for (const DicomText& text : source.patient_and_study) {
      if (text.group == group && text.element == element) return text.value;
    }
    return "(none)";
  }

  const test::TempDir folder_;
};

TEST_F(DicomSourceTest, HasWhatTheFileStates) {
  test::DicomSpec spec = film();
  spec.texts.emplace_back("0020,0020", "F\\R");
  const auto source = read(spec);
  ASSERT_TRUE(source);
  EXPECT_TRUE(source->is_identified());
  EXPECT_EQ(source->uids.study, "1.2.3.4");
  EXPECT_EQ(source->uids.series, "1.2.3.4.1");
  EXPECT_EQ(source->uids.instance, "1.2.3.4.5");
  EXPECT_EQ(source->size, cv::Size(50, 40));
  EXPECT_EQ(source->spacing, (std::array{0.2, 0.2}));
  EXPECT_TRUE(source->turn.transpose);
  EXPECT_TRUE(source->turn.mirror_rows);
}

/// Names keep their letters, of whatever character set, and lose only their padding.
TEST_F(DicomSourceTest, TextsAreAsTheyLieInTheFile) {
  test::DicomSpec spec = film();
  spec.unknown.emplace_back("0010,0020", std::string("pat 7\0", 6));
  const auto source = read(spec);
  ASSERT_TRUE(source);
  EXPECT_EQ(value(*source, 0x0010, 0x0010), "M\xFCller^J\xFCrgen");
  EXPECT_EQ(value(*source, 0x0010, 0x0020), "pat 7");
  EXPECT_EQ(value(*source, 0x0008, 0x0005), "ISO_IR 100");
}

void expect_equal(const std::vector<DicomText>& some, const std::vector<DicomText>& others) {
  ASSERT_EQ(some.size(), others.size());
  for (std::size_t i = 0; i < some.size(); ++i) {
    EXPECT_EQ(some[i].group, others[i].group);
    EXPECT_EQ(some[i].element, others[i].element);
    EXPECT_EQ(some[i].value, others[i].value);
  }
}

/// The process that reads the file hands it over in parts.
TEST_F(DicomSourceTest, PartsMakeTheRoundTripUnchanged) {
  test::DicomSpec spec = film();
  spec.texts.emplace_back("0020,0020", "F\\R");
  spec.texts.emplace_back("0028,2110", "01");
  const auto source = read(spec);
  ASSERT_TRUE(source);
  const DicomSource back = to_dicom_source(to_parts(*source));
  EXPECT_EQ(back.uids.study, source->uids.study);
  EXPECT_EQ(back.uids.series, source->uids.series);
  EXPECT_EQ(back.uids.instance, source->uids.instance);
  EXPECT_EQ(back.sop_class, source->sop_class);
  EXPECT_EQ(back.modality, source->modality);
  EXPECT_EQ(back.frames, source->frames);
  EXPECT_EQ(back.size, source->size);
  EXPECT_EQ(back.spacing, source->spacing);
  EXPECT_EQ(back.orientation, source->orientation);
  EXPECT_EQ(back.turn.transpose, source->turn.transpose);
  ASSERT_FALSE(source->pixel_history.empty());
  expect_equal(back.patient_and_study, source->patient_and_study);
  expect_equal(back.pixel_history, source->pixel_history);
}

TEST_F(DicomSourceTest, AnyPartsMakeASource) {
  const auto source = read(film());
  ASSERT_TRUE(source);
  const std::vector<std::string> parts = to_parts(*source);
  for (std::size_t count = 0; count < parts.size(); ++count) {
    to_dicom_source({parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(count)});
    std::vector<std::string> changed = parts;
    for (const char* other : {"", "-1", "1e300", "nan", "text"}) {
      changed[count] = other;
      const DicomSource made = to_dicom_source(changed);
      EXPECT_GE(made.frames, 0);
      EXPECT_LE(made.size.width, kMaxPixels);
    }
  }
}

/// A file may have any amount of text in any element.
TEST_F(DicomSourceTest, OverlongTextsAndOtherElementsAreLeftOut) {
  test::DicomSpec spec = film();
  spec.texts.emplace_back("0010,4000", std::string(20000, 'x'));
  const auto source = read(spec);
  ASSERT_TRUE(source);
  EXPECT_EQ(value(*source, 0x0010, 0x4000), "(none)");
  EXPECT_EQ(value(*source, 0x0008, 0x0080), "(none)");
  EXPECT_EQ(value(*source, 0x0009, 0x1001), "(none)");
  std::size_t all = 0;
  for (const char* element : {"0010,1001", "0010,2160", "0010,2180", "0008,1030", "0010,21B0"}) {
    spec.texts.emplace_back(element, std::string(10000, 'y'));
  }
  const auto long_texts = read(spec);
  ASSERT_TRUE(long_texts);
  for (const DicomText& text : long_texts->patient_and_study) all += text.value.size();
  EXPECT_GT(all, 20000U);
  EXPECT_LE(all, 30000U);
}

TEST_F(DicomSourceTest, WrongUidsAreNone) {
  for (const char* element : {"0008,0016", "0008,0018", "0020,000d", "0020,000e"}) {
    for (const std::string& uid : {std::string(), std::string("none"), std::string(66, '1')}) {
      test::DicomSpec spec = film();
      spec.texts.emplace_back(element, uid);
      const auto source = read(spec);
      ASSERT_TRUE(source);
      EXPECT_FALSE(source->is_identified()) << element << " " << uid;
    }
  }
}

/// An archive takes no object that refers to such a film. For joins, the UIDs are told as they are.
TEST_F(DicomSourceTest, FilmsOfUidsOutsideTheStandardAreNotIdentified) {
  const auto is_identified = [&](const char* element, const std::string& uid) {
    test::DicomSpec spec = film();
    spec.texts.emplace_back(element, uid);
    return read(spec).value().is_identified();
  };
  for (const char* element : {"0008,0018", "0020,000d", "0020,000e"}) {
    EXPECT_TRUE(is_identified(element, "1.2.0.34")) << element;
    for (const char* uid : {"1.2.034", "1..2", ".1.2", "1.2."}) {
      EXPECT_FALSE(is_identified(element, uid)) << element << " " << uid;
    }
  }
  EXPECT_EQ(read_dicom_uids(folder_ / "film.dcm").series, "1.2.");
  EXPECT_FALSE(is_identified("0008,0016", "2.25.155828353415164261086737374395291355553"));
  EXPECT_FALSE(is_identified("0008,0016", "1.2.840.10008.5.1.4.1.1.88.33"));
}

TEST_F(DicomSourceTest, OtherFilesHaveNone) {
  std::ofstream(folder_ / "text") << "no DICOM";
  EXPECT_FALSE(read_dicom_source(folder_ / "text"));
  EXPECT_FALSE(read_dicom_source(folder_ / "missing"));
}

}  // namespace
}  // namespace cxr
