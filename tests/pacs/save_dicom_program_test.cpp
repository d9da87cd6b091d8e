#include "pacs/dicom_results.h"
#include "support/identified_film.h"
#include "support/output_program.h"

namespace cxr::test {
namespace {

class SaveDicomProgram : public OutputProgram {
 protected:
  void write_film(const std::string& name, const std::string& instance, unsigned seed = 0) const {
    DicomSpec spec = identified_film(phantom(seed));
    spec.texts.emplace_back("0008,0018", instance);
    write_dicom(images_ / name, spec);
  }
  Outcome save(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"--save", "dicom"});
    return write_output(more);
  }
  /// What must not change when an object is made again: not when it was made.
  std::set<std::string> made() const { return names_in(output_ / "dicom"); }
};

TEST_F(SaveDicomProgram, WritesObjectsOfDicomFilesOnly) {
  write_film("film.dcm", "1.2.3.4.5");
  write_phantom(images_ / "picture.png");
  const Outcome outcome = save();
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(made(), (std::set<std::string>{"film.sc.dcm", "film.seg.dcm", "film.sr.dcm"}));
  EXPECT_FALSE(fs::exists(output_ / "heatmaps"));
  const std::vector<json> all = records();
  EXPECT_EQ(all[0].at("dicom"),
            json({"dicom/film.sc.dcm", "dicom/film.seg.dcm", "dicom/film.sr.dcm"}));
  EXPECT_EQ(all[1].at("dicom"), json::array());
  EXPECT_TRUE(is_summary(outcome.err.substr(0, outcome.err.find(", report")) +
                             outcome.err.substr(outcome.err.find(". For research")),
                         "2 images, 0 failed"));
}

/// Nothing about a patient is written unless it is asked for.
TEST_F(SaveDicomProgram, OtherOutputsCarryNoPatient) {
  write_film("film.dcm", "1.2.3.4.5");
  EXPECT_EQ(write_output({"--save", "panels,mask,crop"}).status, 0);
  EXPECT_FALSE(fs::exists(output_ / "dicom"));
  EXPECT_EQ(save({"--if-exists", "overwrite"}).status, 0);
  for (const auto& entry : fs::recursive_directory_iterator(output_)) {
    if (!entry.is_regular_file()) continue;
    const bool is_object = entry.path().extension() == ".dcm";
    EXPECT_EQ(contains(read_file(entry.path()), "PAT-42"), is_object) << entry.path();
  }
}

/// An object without the UIDs of the film would come into no study, or into a wrong one. The film
/// is judged all the same.
TEST_F(SaveDicomProgram, AFilmWithoutUidsGetsANote) {
  const std::vector<std::pair<const char*, const char*>> wrong = {
      {"0020,000d", "none"}, {"0020,000e", "1.2.034"}, {"0008,0016", "2.25.155828353415164"}};
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    DicomSpec spec = identified_film(phantom());
    spec.texts.emplace_back(wrong[i].first, wrong[i].second);
    write_dicom(images_ / (std::to_string(i) + ".dcm"), spec);
  }
  const Outcome outcome = save();
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  for (const auto& row : rows_of(outcome.out)) {
    EXPECT_TRUE(contains(row.at("Note"), "no DICOM results: its UIDs are missing or invalid"));
  }
  for (const json& record : records()) EXPECT_EQ(record.at("dicom"), json::array());
}

TEST_F(SaveDicomProgram, AFilmWithoutLungsHasNoSegmentation) {
  DicomSpec spec = identified_film(cv::Mat(240, 200, CV_8UC1, cv::Scalar(0)));
  write_dicom(images_ / "film.dcm", spec);
  const Outcome outcome = save();
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(rows_of(outcome.out).at(0).at("Status"), "unsure");
  EXPECT_EQ(made(), (std::set<std::string>{"film.sc.dcm", "film.sr.dcm"}));
}

/// As for pictures: what is whole is kept, what is missing or cut off is made again.
TEST_F(SaveDicomProgram, ResumeMakesMissingObjectsAgain) {
  for (const char* name : {"a", "b", "c", "d"}) {
    write_film(std::string(name) + ".dcm", std::string("1.2.3.") + std::to_string(name[0]));
  }
  write_phantom(images_ / "e.png");
  ASSERT_EQ(save().status, 0);
  const fs::path dicom = output_ / "dicom";
  const std::string before = read_file(dicom / "a.sr.dcm");
  fs::remove(dicom / "b.seg.dcm");
  fs::resize_file(dicom / "c.sr.dcm", 2000);
  const auto resumed = save({"--resume"});
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_TRUE(contains(resumed.err, "5 images, 3 from the earlier run")) << resumed.err;
  EXPECT_TRUE(is_whole_dicom(dicom / "b.seg.dcm"));
  EXPECT_TRUE(is_whole_dicom(dicom / "c.sr.dcm"));
  EXPECT_EQ(read_file(dicom / "a.sr.dcm"), before);
  EXPECT_TRUE(contains(save({"--resume"}).err, "Nothing left to do"));
}

/// A run without objects is completed by one that wants them.
TEST_F(SaveDicomProgram, ResumeAddsObjects) {
  write_film("film.dcm", "1.2.3.4.5");
  ASSERT_EQ(write_output().status, 0);
  EXPECT_EQ(save({"--resume"}).status, 0);
  EXPECT_EQ(made().size(), 3);
}

TEST_F(SaveDicomProgram, OverwriteRemovesOldObjectsAndNothingElse) {
  write_film("old.dcm", "1.2.3.4.5");
  ASSERT_EQ(save().status, 0);
  write_file(output_ / "dicom" / "mine.dcm", "not of this program");
  fs::remove(images_ / "old.dcm");
  write_film("new.dcm", "1.2.3.4.6");
  EXPECT_EQ(save({"--if-exists", "overwrite"}).status, 0);
  EXPECT_EQ(made(), (std::set<std::string>{"mine.dcm", "new.sc.dcm", "new.seg.dcm", "new.sr.dcm"}));
}

/// Two films of one name, of different runs into one folder.
TEST_F(SaveDicomProgram, ResumeOverwritesNoOtherFilmsObjects) {
  write_film("film.dcm", "1.2.3.4.5");
  ASSERT_EQ(save().status, 0);
  fs::rename(images_ / "film.dcm", folder_ / "film.dcm");
  write_film("film", "1.2.3.4.6");
  EXPECT_EQ(save({"--resume"}).status, 0);
  EXPECT_EQ(made(), (std::set<std::string>{"film.sc.dcm", "film.seg.dcm", "film.sr.dcm",
                                           "film-2.sc.dcm", "film-2.seg.dcm", "film-2.sr.dcm"}));
}

/// The SHA-256 of a UID's ingredients must not depend on where the settings come from.
TEST_F(SaveDicomProgram, UidsAreTheSameInEveryRun) {
  write_film("film.dcm", "1.2.3.4.5");
  ASSERT_EQ(save().status, 0);
  const auto uid = [&] { return read_dicom_uids(output_ / "dicom" / "film.seg.dcm").instance; };
  const std::string first = uid();
  EXPECT_TRUE(first.starts_with("2.25.")) << first;
  fs::remove(output_ / "dicom" / "film.seg.dcm");
  ASSERT_EQ(save({"--resume"}).status, 0);
  EXPECT_EQ(uid(), first);
  ASSERT_EQ(save({"--if-exists", "overwrite", "--dicom-uids", "--threads", "1"}).status, 0);
  EXPECT_EQ(uid(), first);
  ASSERT_EQ(save({"--if-exists", "overwrite", "--force"}).status, 0);
  EXPECT_NE(uid(), first);
}

}  // namespace
}  // namespace cxr::test
