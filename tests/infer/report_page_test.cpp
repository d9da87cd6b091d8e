#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>

#include "support/browser.h"
#include "support/dicom_file.h"
#include "support/infer_program.h"

namespace cxr::test {
namespace {

/// A report of six films, one with a name that is markup, a lateral view and a damaged file.
class ReportPageTest : public InferProgram {
 protected:
  void SetUp() override {
    if (!Browser::is_installed()) GTEST_SKIP() << "no /usr/bin/chromium here";
    for (unsigned i = 0; i < 5; ++i) {
      write_phantom(images_ / ("film " + std::to_string(i) + ".png"), i, {200, 240 - 20 * int(i)});
    }
    write_phantom(images_ / "<img src=x onerror=alert(1)>&quot;.png", 5);
    write_dicom(images_ / "lateral.dcm", {.samples = phantom(), .texts = {{"0018,5101", "LL"}}});
    write_file(images_ / "damaged.png", "text");
    write_file(folder_ / "labels.csv", "image,label\nfilm 0.png,Normal\nfilm 1.png,COVID-19\n");
    const Outcome outcome = infer({"--config", config_, images_, "--output", output_, "--labels",
                                   folder_ / "labels.csv", "--title", "Ward <7>"});
    ASSERT_EQ(outcome.status, 4) << outcome.err;
    browser_.emplace();
    browser_->open(output_ / "report.html");
  }

  void TearDown() override {
    if (!browser_) return;
    EXPECT_EQ(browser_->complaints(), std::vector<std::string>());
    EXPECT_EQ(browser_->requests(), std::vector<std::string>());
  }

  std::string text(const std::string& expression) {
    return browser_->evaluate("String(" + expression + ")");
  }
  /// Names on the cards that are shown.
  std::vector<std::string> shown() {
    return browser_->evaluate(
        "[...document.querySelectorAll('.card .name')].map(name => name.textContent)");
  }
  void set(const std::string& control, const std::string& value) {
    browser_->evaluate("{ const it = document.getElementById('" + control + "'); it.value = '" +
                       value + "'; it.dispatchEvent(new Event('input', {bubbles: true})); }");
  }

  const fs::path output_ = folder_ / "output";
  std::optional<Browser> browser_;
};

TEST_F(ReportPageTest, ShowsAllImagesAndWhatWasFoundInThem) {
  EXPECT_EQ(text("document.getElementById('shown').textContent"), "6 of 8 shown")
      << "what was judged comes first";
  set("status", "");
  EXPECT_EQ(shown().size(), 8U);
  EXPECT_EQ(shown()[0], "<img src=x onerror=alert(1)>&quot;.png") << "a name is data";
  EXPECT_EQ(text("document.getElementById('shown').textContent"), "8 of 8 shown");
  const std::string summary = text("document.getElementById('summary').innerText");
  for (const char* part : {"Predicted\n6", "Skipped\n1", "Failed\n1", "Sensitivity", "P.P.V."}) {
    EXPECT_TRUE(contains(summary, part)) << part << " is not in " << summary;
  }
  EXPECT_TRUE(contains(text("document.body.innerText"), "not for diagnosis"));
  // All small pictures can be decoded.
  EXPECT_EQ(browser_->evaluate("[...document.querySelectorAll('.card img')].filter("
                               "image => image.complete && image.naturalWidth > 0).length"),
            12);
}

TEST_F(ReportPageTest, GroupsFailuresByReasonBelowTheGallery) {
  EXPECT_EQ(text("document.querySelectorAll('#failures details[open]').length"), "0");
  const std::string failures = text("document.getElementById('failures').textContent");
  for (const char* part :
       {"error: is not a DICOM, PNG, JPEG, TIFF, BMP or WebP image (1)damaged.png",
        "(1)lateral.dcm"}) {
    EXPECT_TRUE(contains(failures, part)) << part << " is not in " << failures;
  }
}

TEST_F(ReportPageTest, SaysHowItWasMade) {
  EXPECT_EQ(text("document.title"), "Ward <7>: report of cxr-infer");
  EXPECT_EQ(text("document.querySelector('h1').textContent"), "Ward <7>");
  const std::string made = text("document.getElementById('made').textContent");
  EXPECT_TRUE(contains(text("document.getElementById('made-line').textContent"), " with "));
  for (const char* part :
       {"Started20", "UTC", "Duration", "\u00A0s on cpu", "Command", "--title 'Ward <7>'",
        "Segmenter", "Classifier", "SHA-256", "xray-opacity"}) {
    EXPECT_TRUE(contains(made, part)) << part << " is not in " << made;
  }
}

// How long an earlier run was is not known: it may have been killed.
TEST_F(ReportPageTest, SaysThatTheDurationOfAResumedRunIsItsLastRuns) {
  EXPECT_FALSE(contains(text("document.getElementById('made').textContent"), "last run"));
  write_phantom(images_ / "film 9.png", 9);
  const Outcome outcome = infer({"--config", config_, images_, "--output", output_, "--resume"});
  ASSERT_EQ(outcome.status, 4) << outcome.err;
  browser_->open(output_ / "report.html");
  EXPECT_TRUE(contains(text("document.getElementById('made-line').textContent"), ", last run "));
  const std::string made = text("document.getElementById('made').textContent");
  for (const char* part : {"Duration of the last run", " of 9 images were done in earlier runs"}) {
    EXPECT_TRUE(contains(made, part)) << part << " is not in " << made;
  }
}

TEST_F(ReportPageTest, FiltersSortsAndSearches) {
  set("status", "error");
  EXPECT_EQ(shown(), std::vector<std::string>{"damaged.png"});
  set("status", "ok");
  EXPECT_EQ(shown().size(), 6U);
  set("search", "FILM 3");
  EXPECT_EQ(shown(), std::vector<std::string>{"film 3.png"});
  set("search", "");
  set("sort", "most");
  const std::vector<double> sorted = browser_->evaluate(
      "[...document.querySelectorAll('.card .bar i')].map(bar => parseFloat(bar.style.width))");
  EXPECT_TRUE(std::ranges::is_sorted(sorted, std::ranges::greater()));
  const std::string middle = std::to_string(sorted[2] / 100);
  set("least", middle);
  EXPECT_LE(shown().size(), 3U);
  EXPECT_GE(shown().size(), 2U);
  set("least", "0");
  std::size_t all = 0;
  for (const char* type : {"0", "1", "2"}) {
    set("class", type);
    all += shown().size();
  }
  EXPECT_EQ(all, 6U) << "each has one class";
}

TEST_F(ReportPageTest, LightboxIsUsedWithTheKeyboard) {
  browser_->evaluate("document.querySelectorAll('.card')[3].focus()");
  const std::string first = shown()[3], second = shown()[4];
  browser_->press("Enter");
  EXPECT_EQ(text("document.getElementById('box').open"), "true");
  EXPECT_EQ(text("document.getElementById('box-title').textContent"), first);
  EXPECT_EQ(text("document.querySelectorAll('#four figure').length"), "4");
  browser_->press("ArrowRight");
  EXPECT_EQ(text("document.getElementById('box-title').textContent"), second);
  browser_->press("ArrowLeft");
  browser_->press("Escape");
  EXPECT_EQ(text("document.getElementById('box').open"), "false");
  EXPECT_EQ(text("document.activeElement.querySelector('.name').textContent"), first)
      << "where one was is where one is";
}

TEST_F(ReportPageTest, PicturesAreEnlargedWithTheKeyboard) {
  const auto scale = [&] {
    return text(
        "new DOMMatrix(getComputedStyle(document.querySelector('#stage .picture')).transform).a");
  };
  browser_->evaluate("document.querySelector('.card').click()");
  browser_->evaluate("document.querySelector('#four button').focus()");
  browser_->press("Enter");
  EXPECT_EQ(scale(), "1");
  browser_->evaluate(
      "document.getElementById('stage').dispatchEvent(new KeyboardEvent('keydown', {key: '+'}))");
  EXPECT_EQ(scale(), "1.5");
  browser_->evaluate(
      "document.getElementById('stage').dispatchEvent(new WheelEvent('wheel', {deltaY: -400}))");
  EXPECT_GT(std::stod(scale()), 4);
  for (int i = 0; i < 40; ++i) browser_->press("ArrowRight");
  EXPECT_EQ(text("document.querySelector('#stage .picture').getBoundingClientRect().right >= "
                 "innerWidth / 2 - 10"),
            "true")
      << "it does not leave the window";
  browser_->press("Escape");
  EXPECT_EQ(text("document.querySelectorAll('#stage .picture').length"), "0");
  EXPECT_EQ(text("document.getElementById('box').open"), "true") << "one step back, not two";
  EXPECT_EQ(text("document.activeElement === document.querySelector('#four button')"), "true");
}

/// axe-core, from a package that scripts/setup.sh --with-browser installs; empty without it.
std::string axe_script() {
  const char* named = std::getenv("AXE_JS");
  const char* home = std::getenv("HOME");
  const fs::path installed = fs::path(home == nullptr ? "" : home) / ".cache/cxr-infer/axe.min.js";
  return read_file(named == nullptr ? installed : fs::path(named));
}

TEST_F(ReportPageTest, PassesTheRulesOfAxe) {
  const std::string axe = axe_script();
  if (axe.empty()) GTEST_SKIP() << "no axe.min.js; see scripts/setup.sh --with-browser";
  browser_->evaluate(axe + "; 0");
  const auto violations = [&] {
    return browser_
        ->evaluate(
            "axe.run(document, {resultTypes: ['violations']}).then(result => "
            "result.violations.map(it => it.id + ' ' + it.nodes.map("
            "node => node.html.slice(0, 100)).join(' ')).join('; '))")
        .get<std::string>();
  };
  for (const int width : {1280, 390}) {
    browser_->resize(width, 900);
    for (const char* theme : {"light", "dark"}) {
      browser_->evaluate("document.documentElement.dataset.theme = '" + std::string(theme) + "'");
      EXPECT_EQ(violations(), "") << width << " pixels, " << theme;
    }
  }
  browser_->evaluate("document.querySelectorAll('details').forEach(it => { it.open = true; })");
  EXPECT_EQ(violations(), "") << "with all details";
  browser_->evaluate("document.querySelector('.card').click()");
  EXPECT_EQ(violations(), "") << "with an image opened";
  browser_->evaluate("document.querySelector('#four button').click()");
  for (const char* theme : {"light", "dark"}) {
    browser_->evaluate("document.documentElement.dataset.theme = '" + std::string(theme) + "'");
    EXPECT_EQ(text("getComputedStyle(document.getElementById('shrink')).backgroundColor"),
              "rgba(0, 0, 0, 0)")
        << "its letters are always pale";
    EXPECT_EQ(violations(), "") << "with a picture enlarged, " << theme;
  }
}

TEST_F(ReportPageTest, ShowsAllOfTheLabelsTable) {
  browser_->resize(1280, 900);
  EXPECT_EQ(text("document.querySelector('.scroll').scrollWidth <= "
                 "document.querySelector('.scroll').clientWidth"),
            "true");
}

TEST_F(ReportPageTest, FitsAPhone) {
  browser_->resize(390, 844);
  EXPECT_LE(std::stoi(text("document.documentElement.scrollWidth")), 390);
  EXPECT_EQ(text("getComputedStyle(document.getElementById('controls')).position"), "static")
      << "it would cover the screen";
  EXPECT_EQ(text("new Set([...document.querySelectorAll('.card')].slice(0, 2).map("
                 "card => card.getBoundingClientRect().top)).size"),
            "1")
      << "two in a row";
  EXPECT_EQ(text("[...document.querySelectorAll('#matrix thead th')].at(-2)"
                 ".getBoundingClientRect().right <= innerWidth - 30"),
            "true")
      << "all classes are seen";
  browser_->evaluate("document.querySelector('.card').click()");
  EXPECT_GT(std::stod(text("document.getElementById('box-title').offsetWidth")), 280)
      << "a name has a line of its own";
}

TEST_F(ReportPageTest, IsPrintedWithHeatMapsAndWithoutControls) {
  browser_->evaluate("window.dispatchEvent(new Event('beforeprint'))");
  browser_->set_media("print");
  EXPECT_EQ(text("getComputedStyle(document.getElementById('controls')).display"), "none");
  EXPECT_EQ(text("document.getElementById('made').open"), "true");
  EXPECT_EQ(text("[...document.querySelectorAll('.class')].filter("
                 "it => it.scrollWidth > it.clientWidth).length"),
            "0")
      << "no percentage is cut off";
  EXPECT_EQ(text("[...document.querySelectorAll('.name')].filter("
                 "it => it.scrollWidth > it.clientWidth).length"),
            "0")
      << "no name is cut off: paper has no tooltips";
  EXPECT_EQ(text("document.getElementById('legend').offsetHeight > 0"), "true");
}

TEST_F(ReportPageTest, LegendStandsAboveTheHeatMapsIfThereAreAny) {
  const std::string heights =
      "['legend', 'heat-label'].map(id => document.getElementById(id).offsetHeight > 0)";
  EXPECT_EQ(text(heights), "true,true");
  EXPECT_EQ(text("document.getElementById('legend').getBoundingClientRect().bottom <= "
                 "document.getElementById('gallery').getBoundingClientRect().top"),
            "true");
  const fs::path without = folder_ / "without";
  infer({"--config", config_, images_, "--output", without, "--no-heatmaps"});
  browser_->open(without / "report.html");
  EXPECT_EQ(text(heights), "false,false");
}

TEST_F(ReportPageTest, IsDrawnInLightAndDark) {
  const cv::Mat light = browser_->screenshot();
  browser_->evaluate("document.getElementById('theme').click()");
  const cv::Mat dark = browser_->screenshot();
  ASSERT_FALSE(light.empty());
  ASSERT_EQ(light.size(), dark.size());
  EXPECT_GT(cv::mean(light)[0], cv::mean(dark)[0] + 60);
}

}  // namespace
}  // namespace cxr::test
