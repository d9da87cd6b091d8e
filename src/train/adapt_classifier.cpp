#include <algorithm>
#include <set>

#include "adaptation.h"
#include "adaptation_page.h"
#include "base/atomic_file.h"
#include "base/format.h"
#include "base/sha256.h"
#include "cxr/error.h"
#include "cxr/pipeline.h"
#include "cxr/train.h"
#include "metrics/bootstrap.h"
#include "model_copy.h"
#include "network/tensor.h"
#include "site_films.h"

namespace cxr {
namespace {

constexpr const char* kAdaptStage = "adapt";

/// Throws Error where films of a class are of too few patients to cross-validate with.
void require_classes(const AdaptOptions& options, const SiteFilms& films,
                     const std::vector<std::string>& classes) {
  constexpr std::size_t kPatients = 5;
  std::vector<std::size_t> patients(classes.size());
  for (const auto& images : images_by_patient(films.patients)) {
    std::set<std::size_t> labels;
    for (const std::size_t image : images) labels.insert(films.judged.labels[image]);
    for (const std::size_t label : labels) ++patients[label];
  }
  const std::string file = options.site.data.string();
  for (std::size_t c = 0; c < classes.size(); ++c) {
    if (patients[c] >= kPatients || (patients[c] == 0 && options.allow_missing)) continue;
    throw Error(kAdaptStage, file,
                "too few patients with " + classes[c] + ": " + std::to_string(patients[c]) +
                    "; each class needs " + std::to_string(kPatients) + " or more" +
                    (patients[c] == 0 ? ", or use --allow-missing" : ""));
  }
  if (std::ranges::count(patients, 0U) + 1 >= static_cast<std::ptrdiff_t>(classes.size())) {
    throw Error(kAdaptStage, file, "has films of fewer than two classes");
  }
}

/// The model's last layer. Throws Error where its head is something else.
LinearHead head_of(const torch::jit::Module& model, const SiteFilms& films,
                   const std::filesystem::path& file) {
  constexpr double kTolerance = 1e-2;
  auto tensors = named_tensors(model);
  const torch::Tensor features = as_tensor(films.features).to(torch::kDouble);
  const torch::Tensor logits = as_tensor(films.judged.logits).to(torch::kDouble);
  LinearHead head;
  const bool has_both = tensors.contains("weight") && tensors.contains("bias");
  if (has_both) {
    head = {tensors["weight"].detach().to(torch::kDouble),
            tensors["bias"].detach().to(torch::kDouble)};
  }
  const bool fits = has_both && head.bias.sizes() == logits[0].sizes() &&
                    head.weight.sizes() == torch::IntArrayRef({logits.size(1), features.size(1)});
  if (!fits || !torch::allclose(head.logits(features), logits, kTolerance, kTolerance)) {
    throw Error(kAdaptStage, file.string(),
                "its head is not global average pooling and one linear layer named `weight` and "
                "`bias`; only such a head can be adapted");
  }
  return head;
}

void set_head(const torch::jit::Module& model, const LinearHead& head) {
  const torch::NoGradGuard no_grad;
  auto tensors = named_tensors(model);
  tensors["weight"].set_data(head.weight.to(torch::kFloat));
  tensors["bias"].set_data(head.bias.to(torch::kFloat));
}

std::string count_of_films(const SiteFilms& films, const std::vector<std::string>& classes) {
  const std::vector<std::size_t> counts = films_of_class(films.judged, classes.size());
  std::string text = std::to_string(films.patients.size()) + " films (";
  for (std::size_t c = 0; c < classes.size(); ++c) {
    text += (c == 0 ? "" : ", ") + classes[c] + " " + std::to_string(counts[c]);
  }
  return text + ")";
}

void write_page(const std::filesystem::path& model, const std::string& text) {
  AtomicFile page(std::filesystem::path(model).concat(".md"));
  page.write(text);
  page.finish();
}

}  // namespace

void adapt_classifier(const AdaptOptions& options, const TrainingListener& listener) {
  const SiteOptions& site = options.site;
  require_writable(site.out);
  const Pipeline pipeline({.segmenter = {site.segmenter, {}},
                           .classifier = {site.model, {}},
                           .smallest_component = site.smallest_component});
  const SiteFilms films = read_site_films(site, pipeline, listener);
  const std::vector<std::string>& classes = pipeline.classes();
  require_classes(options, films, classes);
  const torch::jit::Module model = load_stored(site.model);
  const Contract& contract = pipeline.classifier().contract();
  const LinearHead shipped = head_of(model, films, site.model);

  const BeforeAfter compared{predict(films, shipped, contract),
                             cross_validate(films, shipped, contract), films.patients};
  AdaptedHead adapted = adapt_head(films, shipped, contract);
  adapted.contract.adapted_from = pipeline.classifier().sha256();
  adapted.contract.adapted_to = count_of_films(films, classes) + ", manifest " + sha256(site.data);
  write_page(site.out, adaptation_page(compared, classes,
                                       {"from: " + site.model.filename().string() + ", SHA-256 " +
                                            adapted.contract.adapted_from,
                                        "to: " + adapted.contract.adapted_to}));
  const std::string reason = objection(compared);
  if (!reason.empty()) {
    throw Error(kAdaptStage, site.data.string(),
                reason + "; no model was written, see " + site.out.string() + ".md");
  }
  set_head(model, adapted.head);
  save_stored(model, adapted.contract, site.out);
}

}  // namespace cxr
