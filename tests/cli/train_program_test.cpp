#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <opencv2/imgcodecs.hpp>

#include "base/csv.h"
#include "cxr/network.h"
#include "support/phantom.h"
#include "support/run_program.h"
#include "support/temp_dir.h"
#include "support/tiny_networks.h"

namespace cxr::test {
namespace {

const std::string kProgram = std::string(CXR_PROGRAMS) + "/cxr-train";

/// A manifest of four phantoms with masks.
class TrainProgram : public testing::Test {
 protected:
  TrainProgram() {
    std::ofstream manifest(folder_ / "manifest.csv");
    manifest << "image,mask,split\n";
    for (unsigned i = 0; i < 4; ++i) {
      PhantomOptions options;
      options.size = {80, 80};
      options.seed = i;
      const Phantom phantom = make_phantom(options);
      const std::string image = std::to_string(i) + ".png";
      cv::imwrite((folder_ / image).string(), phantom.image);
      cv::imwrite((folder_ / ("m" + image)).string(), phantom.lungs);
      manifest << image << ",m" << image << (i < 3 ? ",train\n" : ",val\n");
    }
  }

  Outcome train(std::vector<std::string> more, const RunOptions& options = {}) const {
    std::vector<std::string> command{kProgram, "segmenter", "--data",       file("manifest.csv"),
                                     "--side", "64",        "--batch-size", "2"};
    if (std::ranges::count(more, "--out") == 0) more.insert(more.end(), {"--out", file("s.pt")});
    command.insert(command.end(), more.begin(), more.end());
    return run_program(command, options);
  }

  std::string file(const std::string& name) const { return (folder_ / name).string(); }

  TempDir folder_;
};

TEST_F(TrainProgram, TrainsAndReportsEachEpochOnStandardError) {
  const Outcome outcome = train({"--epochs", "1"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find("epoch 1/1"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("dice"), std::string::npos) << outcome.err;
  EXPECT_TRUE(std::filesystem::exists(folder_ / "s.pt"));
}

TEST_F(TrainProgram, MakesTheFolderOfTheModel) {
  const Outcome outcome = train({"--epochs", "1", "--out", file("new/folder/s.pt")});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(std::filesystem::exists(folder_ / "new" / "folder" / "s.pt"));
}

TEST_F(TrainProgram, KilledAgainAndAgainItEndsAsIfItHadNotBeen) {
  Outcome outcome;
  int kills = 0;
  bool resumed = false;
  RunOptions options;
  for (options.time_limit = 1; outcome.status != 0 && options.time_limit < 100;
       options.time_limit *= 2) {
    outcome = train({"--epochs", "10", "--resume"}, options);
    ASSERT_TRUE(outcome.status == 0 || outcome.status == 128 + SIGALRM) << outcome.err;
    if (outcome.status != 0) ++kills;
    resumed = resumed || outcome.err.find("resumed after epoch") != std::string::npos;
  }
  EXPECT_EQ(outcome.status, 0);
  EXPECT_GE(kills, 1);
  EXPECT_TRUE(resumed);

  const CsvTable log = read_csv(folder_ / "s.pt.csv");
  ASSERT_EQ(log.rows.size(), 10U);
  for (std::size_t i = 0; i < log.rows.size(); ++i) {
    EXPECT_EQ(log.rows[i][log.column("epoch")], std::to_string(i + 1));
  }
  const Outcome again = train({"--epochs", "10", "--resume"});
  EXPECT_EQ(again.status, 0);
  EXPECT_NE(again.err.find("resumed after epoch 10"), std::string::npos) << again.err;
}

/// -q leaves nothing but errors, -v tells the versions first.
TEST_F(TrainProgram, IsAsQuietOrTalkativeAsItIsTold) {
  const Outcome quiet = train({"--epochs", "1", "-q"});
  EXPECT_EQ(quiet.status, 0);
  EXPECT_EQ(quiet.err, "");
  EXPECT_TRUE(std::filesystem::exists(folder_ / "s.pt"));
  const Outcome verbose = train({"--epochs", "1", "-v", "--no-progress"});
  EXPECT_EQ(verbose.status, 0);
  EXPECT_TRUE(verbose.err.starts_with("cxr-train ")) << verbose.err;
  EXPECT_NE(verbose.err.find("epoch 1/1"), std::string::npos) << verbose.err;
  EXPECT_NE(train({"--epochs", "none", "-q"}).err, "") << "errors are said all the same";
}

TEST_F(TrainProgram, WrongOptionsEndWithTwo) {
  EXPECT_EQ(run_program({kProgram}).status, 2);
  EXPECT_EQ(run_program({kProgram, "painter"}).status, 2);
  EXPECT_EQ(train({"--epochs", "0"}).status, 2);
  EXPECT_EQ(train({"--epochs", "many"}).status, 2);
  const Outcome missing =
      run_program({kProgram, "segmenter", "--data", "nowhere.csv", "--out", file("s.pt")});
  EXPECT_EQ(missing.status, 2);
  EXPECT_NE(missing.err.find("nowhere.csv"), std::string::npos) << missing.err;
}

TEST_F(TrainProgram, OptionsComeFromAFileAndTheCommandLineHasTheLastWord) {
  std::ofstream(folder_ / "options.json")
      << R"({"segmenter": {"epochs": 1, "noise": 0.5, "hold-out": ["one", "two"]},
             "classifier": {"epochs": 7}})";
  const Outcome from_file = train({"--config", file("options.json")});
  EXPECT_EQ(from_file.status, 0) << from_file.err;
  EXPECT_NE(from_file.err.find("epoch 1/1"), std::string::npos) << from_file.err;
  const Outcome both = train({"--config", file("options.json"), "--epochs", "2"});
  EXPECT_NE(both.err.find("epoch 2/2"), std::string::npos) << both.err;
}

/// The file that we ship: all its options are known and in range, or the error would be another.
TEST_F(TrainProgram, TheShippedOptionsAreTaken) {
  std::ofstream(folder_ / "nowhere");
  for (const std::string network : {"segmenter", "classifier"}) {
    std::vector<std::string> command{kProgram,
                                     "--config",
                                     CXR_SOURCE_DIR "/config/training.json",
                                     network,
                                     "--data",
                                     file("manifest.csv"),
                                     "--out",
                                     file("nowhere/model.pt")};
    if (network == "classifier") {
      command.insert(command.end(), {"--segmenter", CXR_SOURCE_DIR "/models/segmenter.pt"});
    }
    const Outcome outcome = run_program(command);
    EXPECT_EQ(outcome.status, 1) << outcome.err;
    EXPECT_NE(outcome.err.find("nowhere"), std::string::npos) << outcome.err;
  }
}

TEST_F(TrainProgram, AnOptionsFileThatIsWrongIsSaid) {
  const auto with = [&](const char* text) {
    std::ofstream(folder_ / "options.json") << text;
    return train({"--config", file("options.json")});
  };
  const Outcome unknown = with(R"({"segmenter": {"epoch": 1}})");
  EXPECT_EQ(unknown.status, 2);
  EXPECT_NE(unknown.err.find("epoch"), std::string::npos) << unknown.err;
  EXPECT_EQ(with("{").status, 2);
  EXPECT_EQ(with(R"({"segmenter": 3})").status, 2);
  EXPECT_EQ(with(R"({"segmenter": {"epochs": "many"}})").status, 2);
  EXPECT_EQ(train({"--config", file("nowhere.json")}).status, 2);
}

TEST_F(TrainProgram, BadRowsAreReportedTogetherBeforeTraining) {
  std::ofstream(folder_ / "manifest.csv", std::ios::app)
      << "gone.png,m0.png,train\n,m1.png,val\n1.png,m3.png,val\n";
  const Outcome outcome = train({"--epochs", "1"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("gone.png"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("3 bad rows"), std::string::npos) << outcome.err;
  for (const char* line : {"line 6: ", "line 7: ", "line 8: image is in train, too (line 3)"}) {
    EXPECT_NE(outcome.err.find(line), std::string::npos) << outcome.err;
  }
  EXPECT_EQ(outcome.out, "");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "s.pt"));
}

/// Calibration keeps to the rows of `val` and of the sources named; what cannot be adapted ends
/// with 1.
TEST_F(TrainProgram, AClassifierIsCalibratedAndAdaptedByCommands) {
  write_tiny_setup(folder_.path());
  std::ofstream(folder_ / "site.csv")
      << "image,label,split,source\n0.png,Normal,val,a\n1.png,Pneumonia,val,b\n"
         "2.png,Normal,train,a\n3.png,COVID-19,val,c\n";
  const auto run = [&](const std::string& command, const std::vector<std::string>& more) {
    std::vector<std::string> words{kProgram,      command,
                                   "--model",     file("classifier.pt"),
                                   "--segmenter", file("segmenter.pt"),
                                   "--data",      file("site.csv"),
                                   "--out",       file("new.pt")};
    words.insert(words.end(), more.begin(), more.end());
    return run_program(words);
  };
  const Outcome calibrated = run("calibrate", {"--sources", "a,b"});
  EXPECT_EQ(calibrated.status, 0) << calibrated.err;
  EXPECT_NE(calibrated.err.find("no films of COVID-19"), std::string::npos) << calibrated.err;
  const Contract contract = Network(folder_ / "new.pt", Contract::Kind::classifier).contract();
  EXPECT_TRUE(contract.calibrated_on.starts_with("2 films of a, b")) << contract.calibrated_on;
  const std::string model = (folder_ / "classifier.pt").string();
  EXPECT_EQ(run("calibrate", {"--fold", model, "a,b", "--fold", model, "c"}).status, 0);
  const Contract folds = Network(folder_ / "new.pt", Contract::Kind::classifier).contract();
  EXPECT_NE(folds.calibrated_on.find("by 3 films of a, b, c, held out"), std::string::npos)
      << folds.calibrated_on;
  const Outcome adapted = run("adapt", {});
  EXPECT_EQ(adapted.status, 1);
  EXPECT_NE(adapted.err.find("too few patients"), std::string::npos) << adapted.err;
  EXPECT_EQ(run_program({kProgram, "adapt"}).status, 2);
}

TEST_F(TrainProgram, HelpNamesTheCommandsAndThePurpose) {
  const Outcome outcome = run_program({kProgram, "--help"});
  EXPECT_EQ(outcome.status, 0);
  for (const char* word :
       {"segmenter", "classifier", "calibrate", "adapt", "--resume", "not for diagnosis"}) {
    EXPECT_NE(outcome.out.find(word), std::string::npos) << word;
  }
}

}  // namespace
}  // namespace cxr::test
