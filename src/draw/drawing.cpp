#include "drawing.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "base/atomic_file.h"
#include "palette.h"
#include "png.h"

namespace cxr {
namespace {

constexpr int kFine = 4;  ///< OpenCV gets points in sixteenths of a pixel

cv::Point fine(const cv::Point2d& point) {
  return {cvRound(point.x * (1 << kFine)), cvRound(point.y * (1 << kFine))};
}

/// Paints shapes into a part of a picture whose upper left corner is `origin`.
class Painter {
 public:
  Painter(cv::Mat canvas, cv::Point origin) : canvas_(std::move(canvas)), origin_(origin) {}

  void operator()(const Polyline& line) {
    for (std::size_t i = 1; i < line.points.size(); ++i) {
      const cv::Point2d from = moved(line.points[i - 1]), to = moved(line.points[i]);
      if (line.dashed) {
        dash(from, to, line);
      } else {
        stroke(from, to, line);
      }
    }
  }

  void operator()(const Polygon& polygon) {
    std::vector<cv::Point> outline;
    outline.reserve(polygon.points.size());
    for (const cv::Point2d& point : polygon.points) outline.push_back(fine(moved(point)));
    if (outline.size() < 3) return;
    cv::Mat painted = canvas_.clone();
    cv::fillPoly(painted, std::vector{outline}, polygon.color, cv::LINE_AA, kFine);
    cv::addWeighted(painted, polygon.opacity, canvas_, 1 - polygon.opacity, 0, canvas_);
  }

  void operator()(const Rectangle& rectangle) {
    const cv::Point2d from = moved(rectangle.area.tl()), to = moved(rectangle.area.br());
    const cv::Point first(cvRound(from.x), cvRound(from.y));
    const cv::Point last(cvRound(to.x) - 1, cvRound(to.y) - 1);
    if (last.x < first.x || last.y < first.y) return;
    cv::rectangle(canvas_, first, last, rectangle.color, cv::FILLED);
  }

  void operator()(const Disc& disc) {
    cv::circle(canvas_, fine(moved(disc.centre)), cvRound(disc.radius * (1 << kFine)), disc.color,
               cv::FILLED, cv::LINE_AA, kFine);
  }

  void operator()(const Label& label) {
    const cv::Point anchor = label.anchor - origin_;
    if (!label.upwards) {
      return draw_text(canvas_, label.text, anchor, label.height, label.align, label.color);
    }
    cv::Mat turned;
    cv::rotate(canvas_, turned, cv::ROTATE_90_CLOCKWISE);
    draw_text(turned, label.text, {canvas_.rows - 1 - anchor.y, anchor.x}, label.height,
              label.align, label.color);
    cv::rotate(turned, canvas_, cv::ROTATE_90_COUNTERCLOCKWISE);
  }

 private:
  cv::Point2d moved(const cv::Point2d& point) const { return point - cv::Point2d(origin_); }

  /// A thin line along the pixels stays sharp.
  void stroke(const cv::Point2d& from, const cv::Point2d& to, const Polyline& line) {
    cv::line(canvas_, fine(from), fine(to), line.color, cvRound(line.width),
             line.width > 1 ? cv::LINE_AA : cv::LINE_8, kFine);
  }

  void dash(const cv::Point2d& from, const cv::Point2d& to, const Polyline& line) {
    constexpr double kDash = 12;
    const double length = cv::norm(to - from);
    const cv::Point2d step = length > 0 ? (to - from) / length : cv::Point2d();
    for (double at = 0; at < length; at += 2 * kDash) {
      stroke(from + step * at, from + step * std::min(at + kDash, length), line);
    }
  }

  cv::Mat canvas_;
  cv::Point origin_;
};

}  // namespace

Drawing stacked(const std::vector<Drawing>& drawings) {
  Drawing all;
  for (const Drawing& drawing : drawings) {
    const cv::Point down(0, all.size.height);
    const auto move = [&](auto& form) {
      if constexpr (requires { form.points; }) {
        for (cv::Point2d& point : form.points) point += cv::Point2d(down);
      } else if constexpr (requires { form.area; }) {
        form.area += cv::Point2d(down);
      } else if constexpr (requires { form.centre; }) {
        form.centre += cv::Point2d(down);
      } else {
        form.anchor += down;
      }
    };
    for (Shape shape : drawing.shapes) {
      std::visit(move, shape.form);
      if (!shape.clip.empty()) shape.clip += down;
      all.shapes.push_back(std::move(shape));
    }
    all.size = {std::max(all.size.width, drawing.size.width),
                all.size.height + drawing.size.height};
  }
  return all;
}

cv::Mat rasterized(const Drawing& drawing) {
  cv::Mat picture(drawing.size, CV_8UC3, kPaper);
  const cv::Rect whole({}, drawing.size);
  for (const Shape& shape : drawing.shapes) {
    const cv::Rect area = shape.clip.empty() ? whole : shape.clip & whole;
    std::visit(Painter(picture(area), area.tl()), shape.form);
  }
  return picture;
}

void write_drawing(const std::filesystem::path& png, const Drawing& drawing) {
  write_png(png, rasterized(drawing));
  AtomicFile svg(std::filesystem::path(png).replace_extension(".svg"));
  svg.write(to_svg(drawing));
  svg.finish();
}

}  // namespace cxr
