#include "cxr/configuration.h"

#include <gtest/gtest.h>

#include <fstream>

#include "cxr/error.h"
#include "support/temp_dir.h"

namespace cxr {
namespace {

class ConfigurationTest : public testing::Test {
 protected:
  Configuration load(const std::string& text) {
    std::ofstream(file_, std::ios::binary) << text;
    return load_configuration(file_);
  }
  Configuration load_with(const std::string& more) {
    return load(R"({"segmenter": "s.pt", "classifier": "c.pt", )" + more + "}");
  }
  /// What is said of `text` behind the file's name; empty where it is fine.
  std::string error_of(const std::string& text) {
    try {
      load(text);
      return "";
    } catch (const UsageError& error) {
      const std::string what = error.what();
      EXPECT_TRUE(what.starts_with(where_)) << what;
      EXPECT_EQ(what.find('\n'), std::string::npos);
      return what.substr(where_.size());
    }
  }
  std::string error_with(const std::string& more) {
    return error_of(R"({"segmenter": "s.pt", "classifier": "c.pt", )" + more + "}");
  }

  test::TempDir folder_;
  std::filesystem::path file_ = folder_ / "my config.json";
  std::string where_ = "configuration: " + file_.string() + ": ";
};

const char* const kContract = R"({"kind": "segmenter", "classes": ["background", "lung"],
  "input": {"width": 352, "height": 352, "resize": "squish", "mean": [0, 0, 0], "std": [1, 1, 1]}})";

TEST_F(ConfigurationTest, OnlyTheModelsAreNeededAndTheRestHasItsDefaults) {
  const Configuration configuration = load(R"({"segmenter": "s.pt", "classifier": "c.pt"})");
  EXPECT_EQ(configuration.pipeline.segmenter.file, folder_ / "s.pt");
  EXPECT_EQ(configuration.pipeline.classifier.file, folder_ / "c.pt");
  EXPECT_FALSE(configuration.pipeline.segmenter.contract.has_value());
  EXPECT_EQ(configuration.batch_size, 4);
  EXPECT_EQ(configuration.pipeline.crop_confidence_threshold, 0.875);
  EXPECT_EQ(configuration.pipeline.precision, Precision::float32);
  EXPECT_EQ(configuration.pipeline.polarity, Polarity::automatic);
  EXPECT_EQ(configuration.heatmap.cmap, "coolwarm");
  EXPECT_EQ(configuration.pipeline.smallest_component, 0.01);
  EXPECT_EQ(configuration.heatmap.xray_opacity, 0.75);
  EXPECT_EQ(configuration.heatmap.figsize, 8);
  EXPECT_EQ(configuration.pipeline.cam_method, CamMethod::gradcam);
  EXPECT_EQ(configuration.heatmap.layout, Layout::overlay);
}

TEST_F(ConfigurationTest, EveryKeyIsReadAndCommentsAreAllowed) {
  const Configuration configuration = load(std::string(R"({
    // models
    "segmenter": {"path": "/models/s.pt", "contract": )") +
                                           kContract + R"(},
    "classifier": {"path": "../c.pt"},
    "batch_size": 16, /* images */ "crop_confidence_threshold": 1,
    "smallest_component": 0,
    "precision": "bfloat16", "polarity": "as-is", "heatmap": {"cmap": "jet", "xray-opacity": 0.5, "figsize": 12.5, "method": "original",
                "layout": "panels"}})");
  EXPECT_EQ(configuration.pipeline.segmenter.file, "/models/s.pt");
  ASSERT_TRUE(configuration.pipeline.segmenter.contract.has_value());
  EXPECT_EQ(configuration.pipeline.segmenter.contract->input.width, 352);
  EXPECT_EQ(configuration.pipeline.classifier.file, folder_ / "../c.pt");
  EXPECT_FALSE(configuration.pipeline.classifier.contract.has_value());
  EXPECT_EQ(configuration.batch_size, 16);
  EXPECT_EQ(configuration.pipeline.crop_confidence_threshold, 1.0);
  EXPECT_EQ(configuration.pipeline.smallest_component, 0.0);
  EXPECT_EQ(configuration.pipeline.precision, Precision::bfloat16);
  EXPECT_EQ(configuration.pipeline.polarity, Polarity::as_is);
  EXPECT_EQ(configuration.heatmap.cmap, "jet");
  EXPECT_EQ(configuration.heatmap.xray_opacity, 0.5);
  EXPECT_EQ(configuration.heatmap.figsize, 12.5);
  EXPECT_EQ(configuration.pipeline.cam_method, CamMethod::original);
  EXPECT_EQ(configuration.heatmap.layout, Layout::panels);
}

TEST_F(ConfigurationTest, AnOlderContractThatKeepsWhatIsOutsideTheLungsIsRead) {
  const auto with = [](const std::string& outside) {
    std::string contract = kContract;
    contract.insert(contract.size() - 1, ", \"outside_lungs\": \"" + outside + "\"");
    return R"({"classifier": "c.pt", "segmenter": {"path": "s.pt", "contract": )" + contract + "}}";
  };
  EXPECT_TRUE(load(with("keep")).pipeline.segmenter.contract.has_value());
  EXPECT_NE(error_of(with("grey")).find("outside_lungs"), std::string::npos);
}

TEST_F(ConfigurationTest, ModelsMustBeNamed) {
  EXPECT_EQ(error_of(R"({"classifier": "c.pt"})"), "segmenter: is missing; name the model file");
  EXPECT_EQ(error_of(R"({"segmenter": "s.pt"})"), "classifier: is missing; name the model file");
  EXPECT_EQ(error_of(R"({"segmenter": {}, "classifier": "c.pt"})"), "segmenter.path: is missing");
  for (const char* value : {"1", "\"\"", "null", "[]"}) {
    EXPECT_EQ(error_of(R"({"classifier": "c.pt", "segmenter": )" + std::string(value) + "}"),
              "segmenter: must be the path of a model file");
  }
}

TEST_F(ConfigurationTest, UnknownKeysAreNamedInFullWithThoseAllowed) {
  EXPECT_EQ(error_with(R"("batchsize": 1)"),
            "batchsize: unknown key; allowed: segmenter, classifier, batch_size, "
            "crop_confidence_threshold, smallest_component, device, precision, polarity, threads, "
            "heatmap");
  EXPECT_EQ(error_with(R"("heatmap": {"foo": 1})"),
            "heatmap.foo: unknown key; allowed: cmap, xray-opacity, figsize, method, layout");
  EXPECT_EQ(error_of(R"({"segmenter": {"path": "s.pt", "x": 1}, "classifier": "c.pt"})"),
            "segmenter.x: unknown key; allowed: path, contract");
}

TEST_F(ConfigurationTest, BadValuesAreErrorsThatSayWhatIsAllowed) {
  for (const char* value : {"\"8\"", "0", "1025", "8.0", "-1", "true", "18446744073709551615"}) {
    EXPECT_EQ(error_with(R"("batch_size": )" + std::string(value)),
              "batch_size: must be a whole number from 1 to 1024")
        << value;
  }
  for (const char* value : {"-0.1", "1.01", "\"0.5\"", "null"}) {
    EXPECT_EQ(error_with(R"("crop_confidence_threshold": )" + std::string(value)),
              "crop_confidence_threshold: must be a number from 0 to 1")
        << value;
    EXPECT_EQ(error_with(R"("smallest_component": )" + std::string(value)),
              "smallest_component: must be a number from 0 to 1")
        << value;
    EXPECT_EQ(error_with(R"("heatmap": {"xray-opacity": )" + std::string(value) + "}"),
              "heatmap.xray-opacity: must be a number from 0 to 1")
        << value;
  }
  EXPECT_EQ(error_with(R"("heatmap": 1)"), "heatmap: must be an object");
  EXPECT_EQ(error_with(R"("heatmap": {"figsize": 41})"),
            "heatmap.figsize: must be a number from 2 to 40");
  EXPECT_EQ(error_with(R"("heatmap": {"figsize": "huge"})"),
            "heatmap.figsize: must be a number from 2 to 40, or native");
  EXPECT_EQ(error_with(R"("heatmap": {"method": "Gradcam"})"),
            "heatmap.method: must be one of gradcam, original");
  EXPECT_EQ(error_with(R"("heatmap": {"layout": 1})"),
            "heatmap.layout: must be one of overlay, panels");
  EXPECT_EQ(error_with(R"("heatmap": {"cmap": "Viridis"})"),
            "heatmap.cmap: 'Viridis' is not a colour map of matplotlib; did you mean viridis?");
  for (const char* name : {"pink", "Blues_r", "gist_heat", "twilight"}) {
    EXPECT_EQ(load_with(R"("heatmap": {"cmap": ")" + std::string(name) + "\"}").heatmap.cmap, name);
  }
}

TEST_F(ConfigurationTest, ContractsAreChecked) {
  EXPECT_EQ(error_of(R"({"segmenter": {"path": "s.pt", "contract": {}}, "classifier": "c.pt"})"),
            "segmenter: contract: kind: is missing");
  EXPECT_EQ(error_of(R"({"segmenter": "s.pt", "classifier": {"path": "c.pt", "contract": )" +
                     std::string(kContract) + "}}"),
            "classifier.contract: kind: must be 'classifier'");
}

TEST_F(ConfigurationTest, AContractsFieldsMustBeKnown) {
  const auto with = [&](const std::string& contract) {
    return error_of(R"({"segmenter": {"path": "s.pt", "contract": )" + contract +
                    R"(}, "classifier": "c.pt"})");
  };
  EXPECT_TRUE(
      with(R"({"temprature": 2})")
          .starts_with("segmenter.contract.temprature: unknown key; allowed: adapted_from"));
  EXPECT_TRUE(
      with(R"({"input": {"side": 2}})")
          .starts_with("segmenter.contract.input.side: unknown key; allowed: filter, height"));
}

TEST_F(ConfigurationTest, SyntaxErrorsNameLineAndColumnInOneLine) {
  EXPECT_TRUE(error_of("{\n  \"segmenter\": \"s.pt\",\n  oops\n}")
                  .starts_with("is not JSON: parse error at line 3, column 3: "));
  for (const char* text : {"", "{", "{} x", "{\"a\": 1e999}", "\"\xFF\"", "{\"a\n\": 1}"}) {
    EXPECT_TRUE(error_of(text).starts_with("is not JSON: ")) << error_of(text);
  }
  EXPECT_EQ(error_of("[]"), "must be a JSON object");
}

TEST_F(ConfigurationTest, KeyGivenTwiceIsAnError) {
  EXPECT_EQ(error_with(R"("batch_size": 1, "batch_size": 2)"), "batch_size: appears twice");
  EXPECT_EQ(error_with(R"("heatmap": {"cmap": "jet", "cmap": "gray"})"), "cmap: appears twice");
  EXPECT_EQ(error_of(R"({"segmenter": {"path": "s.pt"}, "classifier": {"path": "c.pt"}})"), "");
}

TEST_F(ConfigurationTest, FileThatCannotBeOpenedIsAUsageError) {
  EXPECT_THROW(load_configuration(folder_ / "missing.json"), UsageError);
  EXPECT_THROW(load_configuration(folder_.path()), UsageError);
}

}  // namespace
}  // namespace cxr
