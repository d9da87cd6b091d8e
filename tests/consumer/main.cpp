#include <cxr/pipeline.h>

#include <iostream>

int main(int, char** argv) {
  const cxr::Pipeline pipeline(cxr::load_configuration(argv[1]));
  for (const cxr::Study& study : pipeline.process(cxr::find_inputs({argv[2]}), {})) {
    const cxr::Finding& finding = study.finding;
    std::cout << finding.name << ": " << (finding.judged() ? finding.prediction : finding.error)
              << '\n';
  }
}
