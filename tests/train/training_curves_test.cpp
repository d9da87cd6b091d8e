#include "train/training_curves.h"

#include <gtest/gtest.h>

#include <fstream>
#include <opencv2/imgcodecs.hpp>

#include "cxr/error.h"
#include "draw/plot.h"
#include "support/look.h"
#include "support/temp_dir.h"
#include "train/training_log.h"

namespace cxr {
namespace {

using test::pixels_of;

class TrainingCurves : public testing::Test {
 protected:
  cv::Mat draw() const {
    draw_training_curves(log_, picture_);
    return cv::imread(picture_.string());
  }
  std::string error_of(const std::string& text) const {
    std::ofstream(log_) << text;
    try {
      draw();
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  }

  test::TempDir folder_;
  std::filesystem::path log_ = folder_ / "model.pt.csv";
  std::filesystem::path picture_ = folder_ / "model.pt.png";
};

TEST_F(TrainingCurves, LossAndMetricsOfARealLogHaveAPanelEach) {
  TrainingLog log(log_, 0);
  for (int epoch = 1; epoch <= 12; ++epoch) {
    log.write({epoch,
               12,
               1.0 / epoch,
               {{"dice", 1 - 0.5 / epoch}, {"dice_nlm", 0.9}, {"validation_loss", 0.5}},
               true,
               60});
  }
  const cv::Mat picture = draw();
  ASSERT_EQ(picture.size(), cv::Size(1200, 1280));
  const cv::Mat loss = picture.rowRange(0, 640);
  const cv::Mat metrics = picture.rowRange(640, 1280);
  for (const cv::Mat& panel : {loss, metrics}) {
    EXPECT_GT(pixels_of(panel, series_color(0)), 300);
    EXPECT_GT(pixels_of(panel, series_color(1)), 300);
    EXPECT_EQ(pixels_of(panel, series_color(2)), 0) << "seconds are no loss";
  }
}

TEST_F(TrainingCurves, LegendsAreInWordsAndTheBestEpochIsMarked) {
  std::ofstream(log_) << "epoch,training_loss,auroc,auroc_nih,validation_loss,temperature,"
                         "held_out_sensitivity_Normal\n"
                         "1,0.7,0.6,0.6,0.8,1,0.5\n2,0.6,0.9,0.9,0.7,1.2,0.5\n"
                         "3,0.5,0.9,0.9,0.9,1.3,0.5\n";
  EXPECT_EQ(draw().size(), cv::Size(1200, 1920));
  const std::string svg = test::read_file(folder_ / "model.pt.svg");
  for (const char* text : {">training images<", ">validation images<", ">AUROC within sources<",
                           ">AUROC within nih<", ">sensitivity for Normal<", ">best epoch: 2<"}) {
    EXPECT_TRUE(test::contains(svg, text)) << text;
  }
  EXPECT_FALSE(test::contains(svg, "temperature")) << "it has another scale";
}

// A log of an earlier version has fewer columns; the job is resumed with this one.
TEST_F(TrainingCurves, ALogThatIsContinuedGetsNewColumns) {
  std::ofstream(log_) << "epoch,seconds,training_loss,dice\n1,12,0.7,0.8\n2,12,0.6,0.9\n";
  TrainingLog(log_, 1).write({2, 12, 0.5, {{"dice", 0.9}, {"validation_loss", 0.4}}, true, 60});
  EXPECT_EQ(test::read_file(log_),
            "epoch,seconds,training_loss,dice,validation_loss\n1,12,0.7,0.8,\n2,60,0.5,0.9,0.4\n");
  EXPECT_FALSE(draw().empty());
}

TEST_F(TrainingCurves, OneEpochIsEnough) {
  TrainingLog(log_, 0).write({1, 12, 0.7, {{"dice", 0.8}}, true, 60});
  EXPECT_GT(pixels_of(draw(), series_color(0)), 40);
}

TEST_F(TrainingCurves, EmptyCellsAreLeftOutAndPanelsWithoutColumnsToo) {
  std::ofstream(log_) << "epoch,training_loss,validation_loss\n1,0.7,\n2,0.6,0.8\n3,0.5,0.7\n";
  EXPECT_EQ(draw().size(), cv::Size(1200, 640));
}

TEST_F(TrainingCurves, ALogThatIsNoneIsAnErrorThatNamesTheLine) {
  EXPECT_NE(error_of("epoch,loss\n1,0.5\n2,soon\n").find("line 3"), std::string::npos);
  EXPECT_NE(error_of("epoch,loss\n1,nan\n").find("not a number"), std::string::npos);
  EXPECT_NE(error_of("epoch,loss\n").find("no epochs"), std::string::npos);
  EXPECT_NE(error_of("step,loss\n1,2\n").find("epoch"), std::string::npos);
  EXPECT_NE(error_of("epoch,seconds\n1,2\n").find("nothing to draw"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(picture_));
}

}  // namespace
}  // namespace cxr
