#include <array>
#include <iomanip>
#include <sstream>

#include "drawing.h"

namespace cxr {
namespace {

/// A length with a hundredth of a pixel.
struct Length {
  double value;
};

std::ostream& operator<<(std::ostream& out, const Length& length) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(2) << length.value;
  std::string digits = text.str();
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.ends_with('.')) digits.pop_back();
  return out << (digits == "-0" ? "0" : digits);
}

std::string hex(const cv::Scalar& color) {
  std::ostringstream text;
  text << '#' << std::hex << std::setfill('0');
  for (const int channel : {2, 1, 0}) text << std::setw(2) << cvRound(color[channel]);
  return text.str();
}

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char letter : text) {
    if (letter == '<') {
      safe += "&lt;";
    } else if (letter == '&') {
      safe += "&amp;";
    } else if (static_cast<unsigned char>(letter) < ' ') {
      safe += ' ';  // XML has no control characters
    } else {
      safe += letter;
    }
  }
  return safe;
}

/// Writes one element a shape.
class Writer {
 public:
  explicit Writer(std::ostream& out) : out_(out) {}

  void operator()(const Polyline& line) {
    out_ << "<polyline points=\"";
    write_points(line.points);
    out_ << "\" fill=\"none\" stroke=\"" << hex(line.color) << "\" stroke-width=\""
         << Length{line.width} << "\" stroke-linejoin=\"round\""
         << (line.dashed ? " stroke-dasharray=\"12\"" : "") << "/>\n";
  }

  void operator()(const Polygon& polygon) {
    if (polygon.points.size() < 3) return;
    out_ << "<polygon points=\"";
    write_points(polygon.points);
    out_ << "\" fill=\"" << hex(polygon.color) << "\" fill-opacity=\"" << Length{polygon.opacity}
         << "\"/>\n";
  }

  void operator()(const Rectangle& rectangle) {
    const cv::Rect2d& area = rectangle.area;
    if (area.empty()) return;
    out_ << "<rect x=\"" << Length{area.x} << "\" y=\"" << Length{area.y} << "\" width=\""
         << Length{area.width} << "\" height=\"" << Length{area.height} << "\" fill=\""
         << hex(rectangle.color) << "\"/>\n";
  }

  void operator()(const Disc& disc) {
    out_ << "<circle cx=\"" << Length{disc.centre.x} << "\" cy=\"" << Length{disc.centre.y}
         << "\" r=\"" << Length{disc.radius} << "\" fill=\"" << hex(disc.color) << "\"/>\n";
  }

  void operator()(const Label& label) {
    static constexpr std::array kAnchors{"start", "middle", "end"};  // in the order of Align
    const cv::Point& at = label.anchor;
    out_ << "<text x=\"" << at.x << "\" y=\"" << at.y << "\" dy=\"" << Length{label.height / 2.0}
         << "\" font-size=\"" << Length{font_size(label.height)} << "\" text-anchor=\""
         << kAnchors.at(static_cast<std::size_t>(label.align)) << "\" fill=\"" << hex(label.color)
         << '"';
    if (label.upwards) out_ << " transform=\"rotate(-90 " << at.x << ' ' << at.y << ")\"";
    out_ << '>' << escaped(label.text) << "</text>\n";
  }

 private:
  void write_points(const std::vector<cv::Point2d>& points) {
    const char* between = "";
    for (const cv::Point2d& point : points) {
      out_ << between << Length{point.x} << ',' << Length{point.y};
      between = " ";
    }
  }

  std::ostream& out_;
};

}  // namespace

std::string to_svg(const Drawing& drawing) {
  std::ostringstream svg;
  svg << R"(<svg xmlns="http://www.w3.org/2000/svg" width=")" << drawing.size.width
      << "\" height=\"" << drawing.size.height << "\" viewBox=\"0 0 " << drawing.size.width << ' '
      << drawing.size.height
      << "\" font-family=\"'DejaVu Sans', Verdana, sans-serif\">\n"
         "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
  cv::Rect clip;
  int clips = 0;
  for (const Shape& shape : drawing.shapes) {
    if (shape.clip != clip) {
      if (!clip.empty()) svg << "</g>\n";
      clip = shape.clip;
      if (!clip.empty()) {
        ++clips;
        svg << "<clipPath id=\"clip" << clips << "\"><rect x=\"" << clip.x << "\" y=\"" << clip.y
            << "\" width=\"" << clip.width << "\" height=\"" << clip.height
            << "\"/></clipPath>\n<g clip-path=\"url(#clip" << clips << ")\">\n";
      }
    }
    std::visit(Writer(svg), shape.form);
  }
  if (!clip.empty()) svg << "</g>\n";
  svg << "</svg>\n";
  return svg.str();
}

}  // namespace cxr
