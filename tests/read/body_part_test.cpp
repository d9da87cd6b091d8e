#include "read/body_part.h"

#include <gtest/gtest.h>

#include "cxr/error.h"
#include "cxr/read.h"
#include "support/dicom_file.h"
#include "support/look.h"
#include "support/temp_dir.h"

namespace cxr {
namespace {

using Kind = BodyPart::Kind;

TEST(BodyPartTest, ChestIsRecognisedInManyWords) {
  for (const char* text : {"CHEST",
                           "THORAX",
                           "CHEST PA AND LAT",
                           "XR CHEST 2 VIEWS",
                           "RX TORAX AP",
                           "TÓRAX PA",
                           "RX T\xD3RAX",
                           "THORAX P.A.",
                           "CHESTABDOMEN",
                           "NECKCHEST",
                           "LUNG",
                           "LUNGS",
                           "HEART",
                           "MEDIASTINUM",
                           "LUNGE",
                           "POUMONS",
                           "C-ARM CHEST",
                           "CHEST_PORTABLE",
                           "CHEST AND ABDOMEN",
                           "THORACIC CAVITY",
                           "KNEE/CHEST"}) {
    EXPECT_EQ(find_body_part_of_term(text).kind, Kind::chest) << text;
  }
}

TEST(BodyPartTest, OtherPartsAreRecognised) {
  for (const char* text : {"EXTREMITY",
                           "KNEE",
                           "LEFT KNEE AP",
                           "HANDS",
                           "TSPINE",
                           "THORACIC SPINE",
                           "T SPINE",
                           "L.SPINE",
                           "BWS IN 2 EBENEN",
                           "PELVIS",
                           "ABDOMEN",
                           "SKULL",
                           "RIBS",
                           "SHOULDER",
                           "HIP",
                           "DENTAL",
                           "FUSS",
                           "SCHÄDEL",
                           "RX BACINO",
                           "GENOU DROIT",
                           "RODILLA",
                           "JOELHO ESQUERDO",
                           "HAND DARSTELLUNG",
                           "ROCHESTER HAND"}) {
    EXPECT_EQ(find_body_part(text).kind, Kind::other) << text;
  }
  for (const char* term : {"ARM", "BACK", "FACE", "EYE"}) {
    EXPECT_EQ(find_body_part_of_term(term).kind, Kind::other) << term;
    EXPECT_EQ(find_body_part(term).kind, Kind::unknown) << term;
  }
}

TEST(BodyPartTest, WhatSaysNothingIsUnknown) {
  for (const char* text : {"", " ", "PORTABLE", "UNKNOWN", "OTHER", "PA", "ROUTINE", "C-ARM", "???",
                           "BETTAUFNAHME", "SHIPPED", "FOOTBALL", "\xFF\xFE"}) {
    EXPECT_EQ(find_body_part(text).kind, Kind::unknown) << text;
  }
}

TEST(BodyPartTest, ProjectionIsKnownWhereATextNamesOne) {
  for (const char* text : {"LL", "RL", "LAT", "LATERAL", "CHEST LAT", "THORAX SEITLICH",
                           "W CHEST LAT.", "LEFT LATERAL", "THORAX DE PROFIL", "RX TORAX PERFIL"}) {
    EXPECT_EQ(find_projection(text), Projection::lateral) << text;
  }
  for (const char* text : {"PA", "AP", "CHEST PA", "W033 CHEST P.A.", "AP SUPINE", "FRONTAL",
                           "POSTERO-ANTERIOR", "LLD", "DECUBITUS"}) {
    EXPECT_EQ(find_projection(text), Projection::frontal) << text;
  }
  for (const char* text : {"", "CHEST", "PA AND LATERAL", "AP/LAT", "LATERAL DECUBITUS",
                           "LATERAL OBLIQUE", "BILATERAL", "PLATE", "CHEST 2 VIEWS"}) {
    EXPECT_EQ(find_projection(text), Projection::unknown) << text;
  }
}

class FrontalChestTest : public testing::Test {
 protected:
  using Texts = std::vector<std::pair<std::string, std::string>>;

  /// Why a film with these texts is skipped; empty if it is read.
  std::string skipped(const Texts& texts) {
    cv::Mat film(64, 64, CV_8UC1, cv::Scalar(90));
    test::write_dicom(folder_ / "film", {.samples = film, .texts = texts});
    read_radiograph(folder_ / "film", {.force = true});
    try {
      read_radiograph(folder_ / "film");
    } catch (const SkippedError& error) {
      return error.what();
    }
    return "";
  }

  test::TempDir folder_;
};

constexpr const char* kBodyPart = "0018,0015";
constexpr const char* kRegion = "0008,2218/0008,0104";
constexpr const char* kSeries = "0008,103E";
constexpr const char* kProtocol = "0018,1030";
constexpr const char* kStudy = "0008,1030";
constexpr const char* kView = "0018,5101";
constexpr const char* kModality = "0008,0060";
constexpr const char* kSopClass = "0008,0016";

TEST_F(FrontalChestTest, OtherBodyPartsAreSkippedAndTheRowSaysBySourceAndWord) {
  EXPECT_TRUE(test::contains(skipped({{kBodyPart, "Extremity"}}),
                             "not a chest radiograph: Body Part Examined says EXTREMITY; --force"));
  EXPECT_TRUE(test::contains(skipped({{kRegion, "Lower leg"}}), "Anatomic Region says LEG"));
  EXPECT_TRUE(test::contains(skipped({{kSeries, "Hand li. dp"}}), "Series Description says HAND"));
  EXPECT_TRUE(test::contains(skipped({{kProtocol, "KNEE AP"}}), "Protocol Name says KNEE"));
  EXPECT_TRUE(test::contains(skipped({{kStudy, "XR Pelvis"}}), "Study Description says PELVIS"));
}

TEST_F(FrontalChestTest, TheMostSpecificSourceThatSpeaksDecides) {
  EXPECT_EQ(skipped({}), "");
  EXPECT_EQ(skipped({{kBodyPart, "CHEST"}, {kStudy, "Hand"}}), "");
  EXPECT_EQ(skipped({{kBodyPart, ""}, {kSeries, "Thorax"}, {kStudy, "Hand"}}), "");
  EXPECT_EQ(skipped({{kBodyPart, "PORTABLE"}, {kSeries, "AP"}}), "");
  EXPECT_NE(skipped({{kBodyPart, "SKULL"}, {kStudy, "Chest"}}), "");
  EXPECT_NE(skipped({{kBodyPart, "UNKNOWN"}, {kSeries, "Skull"}, {kStudy, "Polytrauma"}}), "");
}

TEST_F(FrontalChestTest, LateralIsKnownFromDescriptionsToo) {
  EXPECT_TRUE(test::contains(skipped({{kSeries, "CHEST LAT"}}), "is a lateral view"));
  EXPECT_TRUE(test::contains(skipped({{kProtocol, "Thorax seitlich"}}), "is a lateral view"));
  EXPECT_TRUE(test::contains(skipped({{"0020,0020", "A\\F"}}), "is a lateral view"));
  EXPECT_EQ(skipped({{kSeries, "Chest PA"}, {kStudy, "Chest lateral"}}), "");
  EXPECT_EQ(skipped({{kStudy, "XR CHEST PA AND LATERAL"}}), "");
  EXPECT_EQ(skipped({{kView, "PA"}, {kSeries, "CHEST LAT"}}), "");
  EXPECT_EQ(skipped({{kView, "AP"}, {"0020,0020", "P\\F"}}), "");
}

// An endoscopy that calls itself OT had a quality of 0.9.
TEST_F(FrontalChestTest, TheSopClassDecidesWhereTheModalityDoesNot) {
  const std::string storage = "1.2.840.10008.5.1.4.1.1.";
  for (const char* modality : {"", "OT", "SC"}) {
    for (const char* sop_class : {"77.1.1", "2", "4", "6.1", "481.1", "1.2", "1.3"}) {
      const std::string why = skipped({{kModality, modality}, {kSopClass, storage + sop_class}});
      EXPECT_TRUE(test::contains(why, "its SOP class is not one of radiography")) << sop_class;
    }
    for (const char* sop_class : {"1", "1.1", "1.1.1", "7", "7.2"}) {
      EXPECT_EQ(skipped({{kModality, modality}, {kSopClass, storage + sop_class}}), "");
    }
    EXPECT_EQ(skipped({{kModality, modality}, {kSopClass, ""}}), "");
  }
  EXPECT_EQ(skipped({{kModality, "DX"}, {kSopClass, storage + "12.2"}}), "");
}

}  // namespace
}  // namespace cxr
