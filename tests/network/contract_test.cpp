#include "cxr/contract.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "cxr/error.h"

namespace cxr {
namespace {

using nlohmann::json;

json classifier() {
  return json::parse(R"({
    "kind": "classifier", "name": "resnet34", "version": "1.2",
    "input": {"width": 480, "height": 352, "resize": "letterbox", "filter": "bilinear-antialias",
              "mean": [0.1, 0.2, 0.3], "std": [0.4, 0.5, 1e-3]},
    "classes": ["COVID-19", "Normal", "Pneumonia"],
    "data": "some", "licence": "MIT", "film_side": 256, "enhance_side": 224,
    "planes": "clahe", "temperature": 1.5, "offsets": [0.5, -0.25, 0], "conformal": [0.1, 0, 1],
    "calibrated_on": "films", "adapted_from": "abc", "adapted_to": "others"})");
}

json segmenter() {
  json contract = classifier();
  contract["kind"] = "segmenter";
  contract["classes"] = {"background", "lung"};
  contract["offsets"] = contract["conformal"] = nullptr;
  return contract;
}

/// The error of a contract in which the value at `pointer` is another; empty where it is fine.
std::string error_of(json contract, const std::string& pointer, const json& value) {
  contract[json::json_pointer(pointer)] = value;
  try {
    parse_contract(contract, "model.pt");
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(ContractTest, EveryFieldIsRead) {
  const Contract contract = parse_contract(classifier(), "model.pt");
  EXPECT_EQ(contract.kind, Contract::Kind::classifier);
  EXPECT_EQ(contract.name, "resnet34");
  EXPECT_EQ(contract.version, "1.2");
  EXPECT_EQ(contract.input.width, 480);
  EXPECT_EQ(contract.input.height, 352);
  EXPECT_EQ(contract.input.resize, Resize::letterbox);
  EXPECT_EQ(contract.input.filter, Filter::bilinear_antialias);
  EXPECT_EQ(contract.input.mean, (std::array{0.1F, 0.2F, 0.3F}));
  EXPECT_EQ(contract.input.std, (std::array{0.4F, 0.5F, 1e-3F}));
  EXPECT_EQ(contract.classes, (std::vector<std::string>{"COVID-19", "Normal", "Pneumonia"}));
  EXPECT_EQ(contract.data, "some");
  EXPECT_EQ(contract.licence, "MIT");
  EXPECT_EQ(contract.film_side, 256);
  EXPECT_EQ(contract.enhance_side, 224);
  EXPECT_EQ(contract.planes, Planes::clahe);
  EXPECT_FLOAT_EQ(contract.temperature, 1.5F);
  EXPECT_EQ(contract.offsets, (std::vector{0.5F, -0.25F, 0.0F}));
  EXPECT_EQ(contract.conformal, (std::vector{0.1F, 0.0F, 1.0F}));
  EXPECT_EQ(contract.calibrated_on, "films");
  EXPECT_EQ(contract.adapted_from, "abc");
  EXPECT_EQ(contract.adapted_to, "others");
}

TEST(ContractTest, JsonMakesTheRoundTripUnchanged) {
  json native = classifier();
  native["film_side"] = native["enhance_side"] = nullptr;
  for (const json& contract : {classifier(), segmenter(), native}) {
    EXPECT_EQ(to_json(parse_contract(contract, "")), contract);
  }
}

// Models that were written before there was a choice.
TEST(ContractTest, FilterIsAreaUnlessStated) {
  json contract = classifier();
  contract["input"].erase("filter");
  EXPECT_EQ(parse_contract(contract, "").input.filter, Filter::area);
  EXPECT_EQ(error_of(classifier(), "/input/filter", "nearest"),
            "contract: model.pt: input.filter: must be one of area, bilinear-antialias");
}

TEST(ContractTest, NumbersMakeTheRoundTripToTheBit) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> uniform(-2.0F, 2.0F);
  for (int i = 0; i < 1000; ++i) {
    Contract contract = parse_contract(classifier(), "");
    contract.input.mean[1] = uniform(random);
    contract.temperature = std::exp(uniform(random));
    contract.offsets = {uniform(random), uniform(random), uniform(random)};
    const Contract back = parse_contract(json::parse(to_json(contract).dump()), "");
    ASSERT_EQ(back.input.mean, contract.input.mean);
    ASSERT_EQ(back.temperature, contract.temperature);
    ASSERT_EQ(back.offsets, contract.offsets);
  }
}

TEST(ContractTest, OnlyKindInputAndClassesAreNeeded) {
  json contract = classifier();
  for (const char* key :
       {"name", "version", "data", "licence", "film_side", "enhance_side", "planes", "temperature",
        "offsets", "conformal", "calibrated_on", "adapted_from", "adapted_to"}) {
    contract.erase(key);
  }
  const Contract parsed = parse_contract(contract, "");
  EXPECT_FALSE(parsed.film_side.has_value());
  EXPECT_FALSE(parsed.enhance_side.has_value());
  EXPECT_TRUE(parsed.offsets.empty());
  EXPECT_TRUE(parsed.conformal.empty());
  EXPECT_EQ(parsed.planes, Planes::all);
  EXPECT_EQ(parsed.temperature, 1.0F);
  EXPECT_EQ(parsed.name, "");
}

TEST(ContractTest, UnknownFieldsAreIgnoredSoThatOlderProgramsReadNewerModels) {
  EXPECT_EQ(error_of(classifier(), "/later", json::object()), "");
  EXPECT_EQ(error_of(classifier(), "/input/later", 1), "");
}

TEST(ContractTest, AnOlderModelMayKeepWhatIsOutsideTheLungs) {
  EXPECT_EQ(error_of(classifier(), "/outside_lungs", "keep"), "");
  EXPECT_EQ(error_of(classifier(), "/outside_lungs", nullptr), "");
}

TEST(ContractTest, MissingFieldIsNamed) {
  for (const char* pointer : {"/kind", "/input", "/classes", "/input/width", "/input/height",
                              "/input/resize", "/input/mean", "/input/std"}) {
    json contract = classifier().flatten();
    json kept;
    for (const auto& [key, value] : contract.items()) {
      if (!key.starts_with(pointer)) kept[key] = value;
    }
    std::string field = std::string(pointer).substr(1);
    std::replace(field.begin(), field.end(), '/', '.');
    try {
      parse_contract(kept.unflatten(), "model.pt");
      ADD_FAILURE() << pointer;
    } catch (const Error& error) {
      EXPECT_EQ(error.what(), "contract: model.pt: " + field + ": is missing");
    }
  }
}

TEST(ContractTest, BadValuesAreErrorsThatNameTheField) {
  const struct {
    const char* pointer;
    json value;
  } cases[] = {
      {"/kind", "detector"},
      {"/kind", 1},
      {"/name", 3},
      {"/input", json::array()},
      {"/input/width", 100},
      {"/input/width", 0},
      {"/input/width", 4128},
      {"/input/width", 224.0},
      {"/input/width", "224"},
      {"/input/width", 18446744073709551615ULL},
      {"/input/height", -32},
      {"/input/resize", "crop"},
      {"/input/mean", json::array({0.1, 0.2})},
      {"/input/mean", json::array({0.1, 0.2, "0.3"})},
      {"/input/mean", json::array({0.1, 0.2, 1e300})},
      {"/input/std", json::array({0.1, 0.2, 0.0})},
      {"/input/std", json::array({0.1, 0.2, 1e-60})},
      {"/classes", "Normal"},
      {"/classes", json::array()},
      {"/classes", json::array({"Normal"})},
      {"/classes", json::array({"Normal", ""})},
      {"/classes", json::array({"Normal", 2})},
      {"/classes", json::array({"Normal", "Normal"})},
      {"/film_side", 31},
      {"/film_side", "native"},
      {"/enhance_side", 31},
      {"/enhance_side", 4097},
      {"/enhance_side", "none"},
      {"/outside_lungs", "grey"},
      {"/outside_lungs", 1},
      {"/planes", "otsu"},
      {"/temperature", 0},
      {"/temperature", -1.0},
      {"/temperature", "1"},
      {"/offsets", json::array({0, 1})},
      {"/offsets", json::array({0, 1, "2"})},
      {"/offsets", 0},
      {"/conformal", json::array({0.5})},
      {"/conformal", json::array({0.5, 0.5, 1.5})},
      {"/conformal", json::array({0.5, 0.5, -0.1})},
      {"/calibrated_on", 1},
  };
  for (const auto& [pointer, value] : cases) {
    SCOPED_TRACE(std::string(pointer) + " = " + value.dump());
    std::string field = std::string(pointer).substr(1);
    std::replace(field.begin(), field.end(), '/', '.');
    const std::string expected = "contract: model.pt: " + field + ": must ";
    EXPECT_EQ(error_of(classifier(), pointer, value).substr(0, expected.size()), expected);
  }
}

TEST(ContractTest, SegmenterHasTwoClasses) {
  EXPECT_EQ(error_of(segmenter(), "/classes", json::array({"a", "b", "c"})),
            "contract: model.pt: classes: must be two for a segmenter");
}

TEST(ContractTest, AContractThatIsNotAnObjectIsAnError) {
  for (const json& document : {json(), json::array(), json("text")}) {
    EXPECT_THROW(parse_contract(document, "model.pt"), Error);
  }
}

}  // namespace
}  // namespace cxr
