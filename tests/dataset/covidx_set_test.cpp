#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "cxr/error.h"
#include "dataset/finding.h"
#include "dataset/id_list.h"
#include "dataset/support.h"
#include "read/manifest.h"
#include "support/look.h"

namespace cxr::test {
namespace {

namespace fs = std::filesystem;
using Cells = std::map<std::string, std::string>;
using Reasons = std::multiset<std::string>;

/// The sources of COVIDx with their layouts and the oddities of the real files.
class CovidxSetTest : public testing::Test {
 protected:
  CovidxSetTest() {
    add_cohen();
    sources_.write("figure1/metadata.csv",
                   "patientid,finding,notes\n"
                   "COVID-00024,COVID-19,t\xeate\n"  // ISO-8859-1
                   "COVID-00001,COVID-19,\n"
                   "COVID-00002,,\n"
                   "COVID-00003,COVID-19,lost\n");
    sources_.draw("figure1/images/COVID-00024.jpg");
    sources_.draw("figure1/images/COVID-00001.png");
    sources_.write("actualmed/metadata.csv",
                   "patientid,finding,view,imagename\n"
                   "ANON1,COVID-19,AP,CR.1.2.840.1.png\n"
                   "ANON24,No finding,AP,CR.1.2.840.2.png\n"
                   "ANON24,COVID-19,AP,CR.1.2.840.3.png\n");
    for (const char* name : {"CR.1.2.840.1.png", "CR.1.2.840.2.png", "CR.1.2.840.3.png"}) {
      sources_.draw(std::string("actualmed/images/") + name);
    }
    sources_.write("sirm/COVID-19.metadata.csv",
                   "FILE NAME,FORMAT,SIZE,URL\n"
                   "COVID-19(1),PNG,1024*1024,https://sirm.org/1\n"
                   "COVID-19 (2),PNG,1024*1024,https://cohen/4\n"
                   "COVID-19(100),PNG,1024*1024,https://sirm.org/100\n"
                   "COVID-19(119),PNG,1024*1024,https://sirm.org/119\n");
    sources_.draw("sirm/COVID-19/COVID-19 (1).png");
    sources_.draw("sirm/COVID-19/COVID-19(119).PNG");
    add_rsna();
    add_ricord();
    sources_.write("tests.json", R"json({"about": "x", "pneumonia": ["8"],
        "COVID-19": ["19", "COVID-00024", "ANON24", "COVID-19(119)"]
  })json");
    published_ = {.cohen = sources_ / "cohen",
                  .figure1 = sources_ / "figure1",
                  .actualmed = sources_ / "actualmed",
                  .sirm = sources_ / "sirm",
                  .rsna = sources_ / "rsna",
                  .ricord = sources_ / "ricord",
                  .siim = {},
                  .ricord_studies = {},
                  .test_patients = sources_ / "tests.json",
                  .rsna_test = {}};
    options_.test_fraction = 0.1;
  }

  void add_cohen() const {
    sources_.write("cohen/metadata.csv",
                   "patientid,offset,finding,view,filename,url,clinical_notes\n"
                   "2,0,COVID-19,PA,a.jpeg,https://cohen/1,\"fever, \"\"dry\"\" cough\nday 2\"\n"
                   "4,0,\"COVID-19, ARDS\",AP Supine,b.PNG,https://cohen/4,\n"
                   "4,0,\"COVID-19, ARDS\",AP Supine,b.PNG,https://cohen/4,\n"  // a duplicate
                   "8,0,Pneumonia/Viral/SARS,AP,c.jpg,,\n"
                   "19,0,Pneumonia/Viral/COVID-19,PA,d.jpg,,\n"
                   "19,5,Pneumonia/Viral/COVID-19,AP erect,d e.jpg,,\n"
                   "20,0,Tuberculosis,PA,f.jpg,,\n"
                   "21,0,COVID-19,L,g.jpg,,\n"
                   "22,0,COVID-19,PA,lost.jpg,,\n"
                   "23,0,COVID-19,PA\n"  // cells are missing
                   "24,0,COVID-19,PA,broken.png,,\n");
    for (const char* name : {"a.jpeg", "b.png", "c.jpg", "d.jpg", "d e.jpg", "f.jpg", "g.jpg"}) {
      sources_.draw(std::string("cohen/images/") + name);
    }
    fs::rename(sources_ / "cohen/images/b.png", sources_ / "cohen/images/b.PNG");
    sources_.write("cohen/images/broken.png", "not an image");
  }
  void add_rsna() const {
    std::string details = "patientId,class\n";
    std::string boxes = "patientId,x,y,width,height,Target\n";
    for (int i = 0; i < 10; ++i) {
      const std::string normal = "n" + std::to_string(i);
      const std::string ill = "p" + std::to_string(i);
      details += normal + ",Normal\n" + ill + ",Lung Opacity\n" + ill + ",Lung Opacity\n";
      boxes += normal + ",,,,,0\n" + ill + ",1,2,3,4,1\n" + ill + ",5,6,7,8,1\n";
      sources_.draw("rsna/stage_2_train_images/" + normal + ".png");
      sources_.draw("rsna/stage_2_train_images/" + ill + ".PNG.png");
      fs::rename(sources_ / ("rsna/stage_2_train_images/" + ill + ".PNG.png"),
                 sources_ / ("rsna/stage_2_train_images/" + ill + ".PNG"));
    }
    details += "o1,No Lung Opacity / Not Normal\n";
    sources_.write("rsna/stage_2_detailed_class_info.csv", details);
    sources_.write("rsna/stage_2_train_labels.csv", boxes + "o1,,,,,0\n");
  }
  void add_ricord() const {
    for (int i = 0; i < 5; ++i) {
      const std::string patient = "ricord/COVID-19-AR-1640648" + std::to_string(i) + "/";
      sources_.draw(patient + "01-10-2012-XR CHEST AP PORTABLE-16594/2.000000-AP-03125/1-1.png");
      sources_.draw(patient + "01-12-2012-XR CHEST PA AND LATERAL-16595/1.000000-PA-03126/1-1.png");
      sources_.draw(patient +
                    "01-12-2012-XR CHEST PA AND LATERAL-16595/2.000000-LAT-03127/1-1.png");
    }
    sources_.draw(
        "ricord/COVID-19-AR-16406480/02-01-2012-XR ACUTE ABDOMINAL SERIES W PA CHEST "
        "PORTABLE-16596/1.000000-Chest AP-1/1-1.png");
    sources_.draw(
        "ricord/COVID-19-AR-16406480/02-02-2012-CT CHEST WO CONTRAST-16597/1.0-x/1-1.png");
  }

  DatasetSummary make() const { return make_covidx_set(published_, options_, no_progress); }
  Cells splits() const { return columns_of(out_ / "manifest.csv", "image", "split"); }

  Sources sources_;
  CovidxSources published_;
  DatasetOptions options_ = sources_.options();
  fs::path out_ = sources_ / "out";
};

TEST_F(CovidxSetTest, FindingsBecomeTheThreeLabels) {
  EXPECT_EQ(label_of_finding("COVID-19, ARDS"), "COVID-19");
  EXPECT_EQ(label_of_finding("Pneumonia/Viral/COVID-19"), "COVID-19");
  EXPECT_EQ(label_of_finding("Pneumonia/Bacterial/Klebsiella"), "Pneumonia");
  EXPECT_EQ(label_of_finding("ARDS, COVID-19"), "");
  EXPECT_EQ(label_of_finding("Pneumonia"), "");
  EXPECT_EQ(label_of_finding(""), "");
}

TEST_F(CovidxSetTest, CohenIsTakenByViewAndFinding) {
  const auto summary = make();
  const Cells labels = columns_of(out_ / "manifest.csv", "image", "label");
  EXPECT_EQ(labels.at("train/a.jpeg"), "COVID-19");
  EXPECT_EQ(labels.at("train/b.PNG"), "COVID-19");
  EXPECT_EQ(labels.at("test/c.jpg"), "Pneumonia");
  EXPECT_EQ(labels.at("test/de.jpg"), "COVID-19");  // names lose their spaces
  EXPECT_FALSE(labels.contains("train/f.jpg"));
  EXPECT_FALSE(labels.contains("train/g.jpg"));
  for (const char* rule : {"cohen: view L", "cohen: finding Tuberculosis", "sirm: is in cohen",
                           "sirm: discarded by COVID-Net", "rsna: neither normal nor pneumonia",
                           "figure1: no finding", "ricord: study CT CHEST WO CONTRAST"}) {
    EXPECT_TRUE(contains(summary.table, rule)) << rule << "\n" << summary.table;
  }
}

TEST_F(CovidxSetTest, WhatIsMissingOrOddIsListed) {
  EXPECT_EQ(reasons_of(make()),
            (Reasons{"cohen: duplicate", "cohen: no such image", "cohen: damaged row",
                     "cohen: cannot be read", "figure1: no such image"}));
}

TEST_F(CovidxSetTest, TestPatientsAreThoseOfTheList) {
  make();
  const Cells sources = columns_of(out_ / "manifest.csv", "image", "source");
  Cells tested;
  for (const auto& [image, split] : splits()) {
    const std::string& source = sources.at(image);
    if (split == "test" && source != "rsna") tested[image] = source;
  }
  EXPECT_EQ(tested, (Cells{{"test/c.jpg", "cohen"},
                           {"test/d.jpg", "cohen"},
                           {"test/de.jpg", "cohen"},
                           {"test/COVID-00024.jpg", "figure1"},
                           {"test/CR.1.2.840.3.png", "actualmed"},
                           {"test/COVID-19(119).PNG", "sirm"}}));
}

TEST_F(CovidxSetTest, RsnaIsTestedOnATenthOfEachClassUnlessListed) {
  make();
  std::multiset<std::string> drawn;
  for (const auto& [image, split] : splits()) {
    if (split == "test" && (image.starts_with("test/n") || image.starts_with("test/p"))) {
      drawn.insert(image.substr(5, 1));
    }
  }
  EXPECT_EQ(drawn, (Reasons{"n", "p"}));

  options_.out = sources_ / "listed";
  sources_.write("tested.txt", "n3\np4\np5\n");
  published_.rsna_test = {sources_ / "tested.txt"};
  make();
  for (const char* image : {"test/n3.png", "test/p4.PNG", "test/p5.PNG"}) {
    EXPECT_TRUE(fs::exists(options_.out / image)) << image;
  }
}

TEST_F(CovidxSetTest, RicordKeepsFrontalFilmsAndSetsAFifthOfItsPatientsAside) {
  make();
  std::set<std::string> evaluated;
  std::size_t films = 0;
  for (const auto& [image, patient] : columns_of(out_ / "manifest.csv", "image", "patient")) {
    if (!patient.starts_with("COVID-19-AR")) continue;
    ++films;
    if (image.starts_with("evaluate/")) evaluated.insert(patient);
  }
  EXPECT_EQ(films, 5 * 2 + 1U);
  EXPECT_EQ(evaluated.size(), 1U);
  const Cells mapping = columns_of(out_ / "mapping.csv", "image", "file");
  const std::string first = *evaluated.begin() + "_01.png";
  EXPECT_TRUE(contains(mapping.at("evaluate/" + first), "XR CHEST AP PORTABLE"));
}

TEST_F(CovidxSetTest, RicordPatientsNeedAnAllowedStudyInTheTable) {
  sources_.write("studies.csv",
                 "Imaging Studies,,\n"
                 "patient_id,Image Study Description,x\n"
                 "COVID-19-AR-16406481,XR CHEST AP PORTABLE,\n"
                 "COVID-19-AR-16406482,CT HEAD,\n"
                 "COVID-19-AR-16406499,XR CHEST PA ONLY,\n");
  published_ = {.ricord = sources_ / "ricord", .ricord_studies = sources_ / "studies.csv"};
  const auto summary = make();
  EXPECT_EQ(summary.images, 2U);
  EXPECT_EQ(reasons_of(summary), Reasons{"ricord: no such patient"});
}

TEST_F(CovidxSetTest, SiimTakesTypicalAndNegativeStudies) {
  sources_.write("siim/train_study_level.csv",
                 "id,Negative for Pneumonia,Typical Appearance,Indeterminate Appearance,"
                 "Atypical Appearance\n"
                 "s1_study,0,1,0,0\ns2_study,1,0,0,0\ns3_study,0,0,1,0\n");
  sources_.write("siim/train_image_level.csv",
                 "id,boxes,label,StudyInstanceUID\n"
                 "i1_image,\"[{'x': 1, 'y': 2}]\",opacity 1 1 2 3 4,s1\n"
                 "i2_image,,none 1 0 0 1 1,s2\ni3_image,,none 1 0 0 1 1,s3\n"
                 "i4_image,,none 1 0 0 1 1,s9\n");
  for (const char* name : {"s1/x/i1.png", "s2/x/i2.png", "s3/x/i3.png", "s9/x/i4.png"}) {
    sources_.draw(std::string("siim/train/") + name);
  }
  published_ = {.siim = sources_ / "siim"};
  const auto summary = make();
  Cells labels;
  for (const auto& [image, label] : columns_of(out_ / "manifest.csv", "image", "label")) {
    labels[fs::path(image).filename().string()] = label;
  }
  EXPECT_EQ(labels, (Cells{{"i1.png", "COVID-19"}, {"i2.png", "Normal"}}));
  EXPECT_EQ(reasons_of(summary), Reasons{"siim: no such study"});
}

TEST_F(CovidxSetTest, NoPatientIsInTwoSplitsAndTheManifestIsReadByTheTraining) {
  options_.val_fraction = 0.4;
  make();
  std::map<std::string, std::string> split_of;
  for (const auto& row : read_manifests({out_ / "manifest.csv"}, Purpose::classification)) {
    EXPECT_EQ(split_of.try_emplace(row.patient, row.split).first->second, row.split);
  }
  EXPECT_TRUE(std::ranges::any_of(split_of, [](const auto& e) { return e.second == "val"; }));
}

TEST_F(CovidxSetTest, ListsAreThoseOfCovidNet) {
  make();
  const std::string list = read_file(out_ / "test.txt");
  EXPECT_TRUE(contains(list, "8 c.jpg pneumonia cohen\n")) << list;
  EXPECT_TRUE(contains(list, "COVID-19(119) COVID-19(119).PNG COVID-19 sirm\n")) << list;
}

TEST_F(CovidxSetTest, SameSeedMakesTheSameDataSet) {
  make();
  options_.out = sources_ / "again";
  make();
  EXPECT_EQ(read_file(out_ / "manifest.csv"), read_file(options_.out / "manifest.csv"));
  options_.out = sources_ / "other";
  options_.seed = 7;
  make();
  EXPECT_NE(read_file(out_ / "manifest.csv"), read_file(options_.out / "manifest.csv"));
}

TEST_F(CovidxSetTest, MissingTableIsNamed) {
  fs::remove(sources_ / "rsna/stage_2_train_labels.csv");
  try {
    make();
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_TRUE(contains(error.what(), "stage_2_train_labels.csv")) << error.what();
  }
}

TEST(IdListTest, TextAndNumpyFilesAreRead) {
  const Sources sources;
  sources.write("ids.txt", "abc\r\n de\n\n");
  EXPECT_EQ(read_id_list(sources / "ids.txt"), (std::set<std::string>{"abc", "de"}));
  // numpy.save() of ['abc', 'de'] as <U3 and as S3
  const std::string header = "{'descr': '<U3', 'fortran_order': False, 'shape': (2,), }";
  const auto npy = [](std::string head, const std::string& items) {
    head.resize(118, ' ');
    head.back() = '\n';
    return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + head + items;
  };
  sources.write("u.npy",
                npy(header, std::string("a\0\0\0b\0\0\0c\0\0\0d\0\0\0e\0\0\0\0\0\0\0", 24)));
  EXPECT_EQ(read_id_list(sources / "u.npy"), (std::set<std::string>{"abc", "de"}));
  sources.write("s.npy", npy("{'descr': '|S3', 'fortran_order': False, 'shape': (2,), }",
                             std::string("abcde\0", 6)));
  EXPECT_EQ(read_id_list(sources / "s.npy"), (std::set<std::string>{"abc", "de"}));
  sources.write("o.npy", npy("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", "x"));
  EXPECT_THROW(read_id_list(sources / "o.npy"), Error);
  sources.write("cut.npy", std::string("\x93NUMPY\x01\x00\xff\xff{'descr'", 18));
  EXPECT_THROW(read_id_list(sources / "cut.npy"), Error);
}

// The list is shipped; the original joined two of its patients by a missing comma.
TEST(IdListTest, ShippedListHasItsPatients) {
  const auto ids = read_id_object(fs::path(CXR_SOURCE_DIR) / "config/covidx-test-patients.json");
  EXPECT_EQ(ids.size(), 78U);
  EXPECT_TRUE(ids.contains("191"));
  EXPECT_TRUE(ids.contains("COVID-00024"));
}

}  // namespace
}  // namespace cxr::test
