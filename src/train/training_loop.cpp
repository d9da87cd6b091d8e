#include "training_loop.h"

#include <ATen/autocast_mode.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <future>
#include <iomanip>
#include <numbers>
#include <opencv2/core.hpp>
#include <sstream>

#include "base/atomic_file.h"
#include "base/format.h"
#include "base/sha256.h"
#include "checkpoint.h"
#include "cxr/error.h"
#include "model_copy.h"
#include "network/architecture.h"
#include "network/tensor.h"
#include "network/threads.h"
#include "option_table.h"
#include "samples_sheet.h"
#include "sampling.h"
#include "training_curves.h"
#include "training_log.h"
#include "weight_average.h"

namespace cxr {
namespace {

using torch::jit::Module;

constexpr double kLargestGradient = 5.0;  // norm over all parameters

/// What a resumed run must have in common with the run that it continues.
std::string resume_key(const TrainingTask& task, const TrainingOptions& options) {
  std::ostringstream text;
  text << "manifests=";
  for (const auto& manifest : options.manifests) text << sha256(manifest) << ',';
  if (!options.init.empty()) text << " init=" << sha256(options.init);
  for (const std::string& source : options.hold_out) text << " hold-out=" << source;
  text << task.depends_on << describe_options(options);
  return text.str();
}

/// Weight decay applies to kernels and matrices only: for biases and batch norm it slows learning.
std::vector<torch::optim::OptimizerParamGroup> parameter_groups(const Module& network,
                                                                double weight_decay) {
  std::vector<torch::Tensor> kernels;
  std::vector<torch::Tensor> others;
  for (const torch::Tensor& parameter : network.parameters()) {
    (parameter.dim() > 1 ? kernels : others).push_back(parameter);
  }
  const auto group = [](std::vector<torch::Tensor> parameters, double decay) {
    return torch::optim::OptimizerParamGroup(std::move(parameters),
                                             std::make_unique<torch::optim::AdamWOptions>(
                                                 torch::optim::AdamWOptions().weight_decay(decay)));
  };
  return {group(std::move(kernels), weight_decay), group(std::move(others), 0.0)};
}

/// One cycle: up from a 25th of the peak during the first quarter, then down to almost nothing,
/// both along half a cosine. `progress` is 0..1.
double one_cycle(double peak, double progress) {
  constexpr double kWarmUp = 0.25;
  const auto between = [](double from, double to, double t) {
    return to + (from - to) * (1 + std::cos(std::numbers::pi * t)) / 2;
  };
  return progress < kWarmUp ? between(peak / 25, peak, progress / kWarmUp)
                            : between(peak, peak / 1e4, (progress - kWarmUp) / (1 - kWarmUp));
}

void set_learning_rate(torch::optim::Optimizer& optimizer, double rate) {
  for (auto& group : optimizer.param_groups()) {
    static_cast<torch::optim::AdamWOptions&>(group.options()).lr(rate);
  }
}

/// Grows by steps of 32 pixels over the first two thirds of the epochs.
int side_of_epoch(const TrainingOptions& options, int epoch) {
  const int first = options.first_side.value_or(options.side);
  const double grown = std::min(1.0, 1.5 * (epoch - 1) / options.epochs);
  return first + cvRound(grown * (options.side - first) / 32) * 32;
}

std::size_t draws_of_epoch(const TrainingTask& task, const TrainingOptions& options) {
  return options.images_per_epoch > 0 ? static_cast<std::size_t>(options.images_per_epoch)
                                      : task.weights.size();
}

/// While it lives, convolutions and matrix products of this thread are computed in bfloat16.
class Bfloat16 {
 public:
  explicit Bfloat16(bool wanted) : wanted_(wanted) {
    if (wanted_) enable(true);
  }
  ~Bfloat16() {
    if (!wanted_) return;
    enable(false);
    at::autocast::clear_cache();
  }
  Bfloat16(const Bfloat16&) = delete;
  Bfloat16& operator=(const Bfloat16&) = delete;

 private:
  static void enable(bool on) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
    at::autocast::set_autocast_enabled(at::kCPU, on);
#else
    at::autocast::set_cpu_enabled(on);
#endif
  }

  bool wanted_;
};

torch::Tensor forward_pass(Module& network, const torch::Tensor& input, bool bfloat16) {
  const Bfloat16 precision(bfloat16);
  return network.forward({input.contiguous(torch::MemoryFormat::ChannelsLast)})
      .toTensor()
      .to(torch::kFloat);
}

/// The batches of one epoch.
class EpochBatches {
 public:
  EpochBatches(const TrainingTask& task, const TrainingOptions& options, int epoch)
      : task_(task),
        seed_(options.seed * 1'000'003 + static_cast<std::uint64_t>(epoch)),
        side_(side_of_epoch(options, epoch)),
        examples_(random_batches(task.weights, draws_of_epoch(task, options),
                                 static_cast<std::size_t>(options.batch_size), seed_)) {}

  const std::vector<std::vector<std::size_t>>& examples() const { return examples_; }
  TrainingBatch make(std::size_t i) const {
    return task_.batch(examples_[i], side_, seed_ * 1'000'003 + i);
  }

 private:
  const TrainingTask& task_;
  std::uint64_t seed_;
  int side_;
  std::vector<std::vector<std::size_t>> examples_;
};

/// One epoch; returns the mean loss. The next batch is prepared during a training step.
double run_epoch(const TrainingTask& task, const TrainingOptions& options, int epoch,
                 Module& network, WeightAverage& average, torch::optim::Optimizer& optimizer,
                 const TrainingListener& listener) {
  const EpochBatches batches(task, options, epoch);
  const std::size_t count = batches.examples().size();
  const auto prepare = [&](std::size_t i) {
    return std::async(std::launch::async, [&, i] { return batches.make(i); });
  };
  const std::string what = "epoch " + std::to_string(epoch) + "/" + std::to_string(options.epochs);

  std::vector<torch::Tensor> parameters;
  for (const torch::Tensor& parameter : network.parameters()) parameters.push_back(parameter);
  network.train();
  double sum = 0;
  auto next = prepare(0);
  for (std::size_t i = 0; i < count; ++i) {
    const TrainingBatch batch = next.get();
    if (i + 1 < count) next = prepare(i + 1);
    const double steps = static_cast<double>(count) * options.epochs;
    const double step = static_cast<double>(count) * (epoch - 1) + static_cast<double>(i);
    set_learning_rate(optimizer, one_cycle(options.learning_rate, step / steps));

    const auto output = forward_pass(network, batch.input, options.bfloat16);
    const torch::Tensor loss = task.loss(output, batch.target);
    const double value = loss.item<double>();
    optimizer.zero_grad();
    loss.backward();
    const double gradient = torch::nn::utils::clip_grad_norm_(parameters, kLargestGradient);
    if (!std::isfinite(value) || !std::isfinite(gradient)) {
      throw Error(kTrainingStage, options.out.string(),
                  "the loss is not finite in " + what +
                      "; the best model so far is kept; try a smaller "
                      "--learning-rate");
    }
    optimizer.step();
    average.update(network, step + 1);
    sum += value;
    if (listener.progress) {
      std::ostringstream figure;
      figure << "loss " << std::fixed << std::setprecision(3) << sum / static_cast<double>(i + 1);
      listener.progress(what, i + 1, count, figure.str());
    }
  }
  return sum / static_cast<double>(count);
}

/// Copies the weights that exist in both in the same shape, of the encoder or all.
void take_over(Module& network, const std::filesystem::path& file, bool encoder_only) {
  Tensors known;
  try {
    known = named_tensors(torch::jit::load(file.string(), torch::kCPU));
  } catch (const c10::Error& error) {
    throw Error(kTrainingStage, file.string(),
                std::string("is not a model (") + error.what_without_backtrace() + ")");
  }
  const torch::NoGradGuard no_grad;
  bool any = false;
  for (auto& [name, tensor] : named_tensors(network)) {
    const auto found = known.find(name);
    if (encoder_only && !is_of_encoder(name)) continue;
    if (found == known.end() || found->second.sizes() != tensor.sizes()) continue;
    tensor.copy_(found->second);
    any = true;
  }
  if (!any && !encoder_only) {
    throw Error(kTrainingStage, file.string(),
                "is not a network of this kind; training cannot start from it");
  }
}

Module make_trainable(const TrainingTask& task, const TrainingOptions& options) {
  torch::manual_seed(options.seed);
  Module network = make_network(task.contract);
  if (!options.init.empty()) {
    take_over(network, options.init, false);
  } else if (!task.initial_encoder.empty()) {
    take_over(network, task.initial_encoder, true);
  }
  for (torch::Tensor parameter : network.parameters()) {
    // oneDNN trains a third faster on this layout.
    if (parameter.dim() == 4) {
      parameter.set_data(parameter.detach().contiguous(torch::MemoryFormat::ChannelsLast));
    }
  }
  return network;
}

std::filesystem::path beside(const TrainingOptions& options, const char* ending) {
  return std::filesystem::path(options.out).concat(ending);
}

/// Removes what an earlier training has left that does not belong to this one.
void prepare_folder(const TrainingOptions& options, bool resumed) {
  const std::filesystem::path folder = options.out.parent_path();
  remove_dead_files(folder.empty() ? "." : folder);
  if (resumed) return;
  std::error_code ignored;
  for (const char* ending : {".samples.png", ".cases.csv", ".cases.png"}) {
    std::filesystem::remove(beside(options, ending), ignored);
  }
}

/// Draws the sheet of training pictures, unless it is there.
void show_samples(const TrainingTask& task, const TrainingOptions& options,
                  const TrainingListener& listener) {
  const std::filesystem::path file = beside(options, ".samples.png");
  if (std::filesystem::exists(file)) return;
  const EpochBatches batches(task, options, 1);
  write_samples(
      task, batches.examples(), [&](std::size_t i) { return batches.make(i); }, file);
  if (listener.note) listener.note("training pictures: " + file.string());
}

/// Writes what the model that was kept makes of the validation split.
void show_cases(const TrainingTask& task, const TrainingOptions& options,
                const TrainingListener& listener) {
  TrainedModel kept = load_trained(options.out);
  write_cases(task.judge(kept.network, kept.contract), beside(options, ".cases"), listener);
}

}  // namespace

void check_training_options(const TrainingOptions& options) {
  require_in_range(options);
  if (options.first_side.value_or(options.side) > options.side) {
    throw UsageError(kTrainingStage, "--first-side", "must not exceed --side");
  }
  if (options.initial_share > 0 && options.init.empty()) {
    throw UsageError(kTrainingStage, "--initial-share", "needs --init");
  }
  if (options.manifests.empty()) throw UsageError(kTrainingStage, "--data", "is required");
  require_writable(options.out);
}

bool has_stalled(int epochs_done, int best_epoch, int patience) {
  return patience > 0 && epochs_done - best_epoch >= patience;
}

torch::Tensor validation_output(Module& network, const NdArray& input) {
  const torch::NoGradGuard no_grad;
  return forward_pass(network, as_tensor(input), false);
}

void run_training(const TrainingTask& task, const TrainingOptions& options,
                  const TrainingListener& listener) {
  if (draws_of_epoch(task, options) < static_cast<std::size_t>(options.batch_size)) {
    throw Error(kTrainingStage, options.manifests.front().string(),
                "the training split has fewer images than a batch (" +
                    std::to_string(task.weights.size()) + "); use a smaller --batch-size");
  }
  // The executor's optimiser specialises on shapes, which costs more than it gains in training.
  const torch::jit::GraphOptimizerEnabledGuard optimise(false);
  use_threads(thread_count(0));

  Module network = make_trainable(task, options);
  WeightAverage average(network, options.averaging, options.initial_share);
  Tensors tensors = named_tensors(network);
  for (auto& [name, tensor] : average.tensors()) tensors["average." + name] = tensor;
  torch::optim::AdamW optimizer(parameter_groups(network, options.weight_decay));
  const auto checkpoint = beside(options, ".checkpoint");
  TrainingState state{resume_key(task, options), 0, 0, 0};
  const bool resumed = options.resume && std::filesystem::exists(checkpoint);
  if (resumed) state = load_checkpoint(checkpoint, state.options, tensors, optimizer);
  if (resumed && listener.note) {
    listener.note("resumed after epoch " + std::to_string(state.epochs_done));
  }
  prepare_folder(options, resumed);
  show_samples(task, options, listener);
  const auto log_file = beside(options, ".csv");
  TrainingLog log(log_file, state.epochs_done);

  const auto is_stalled = [&] {
    return has_stalled(state.epochs_done, state.best_epoch, options.patience);
  };
  bool has_trained = false;
  while (state.epochs_done < options.epochs && !is_stalled()) {
    const auto begin = std::chrono::steady_clock::now();
    EpochReport report;
    report.epoch = state.epochs_done + 1;
    report.epochs = options.epochs;
    report.training_loss =
        run_epoch(task, options, report.epoch, network, average, optimizer, listener);
    network.eval();
    average.apply(network);
    Contract contract = task.contract;
    report.metrics = task.validate(network, contract);
    const double metric = report.metrics.at(0).second;
    report.best = report.epoch == 1 || metric > state.best_metric;
    if (report.best) {
      state.best_metric = metric;
      state.best_epoch = report.epoch;
      save_network(network, contract, options.out);
    }
    average.restore(network);
    report.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    state.epochs_done = report.epoch;
    log.write(report);
    draw_training_curves(log_file, beside(options, ".png"));
    save_checkpoint(checkpoint, state, tensors, optimizer);
    if (listener.epoch) listener.epoch(report);
    has_trained = true;
  }
  if (is_stalled() && state.epochs_done < options.epochs && listener.note) {
    listener.note("stopped: epoch " + std::to_string(state.best_epoch) + " was not improved for " +
                  counted(static_cast<std::size_t>(options.patience), "epoch"));
  }
  // A run that was killed between its last epoch and this has only this left to do.
  const bool has_cases = std::filesystem::exists(beside(options, ".cases.png"));
  if (has_trained || (!has_cases && std::filesystem::exists(options.out))) {
    show_cases(task, options, listener);
  }
}

}  // namespace cxr
