// SPDX-License-Identifier: BSL-1.0
#include "inspect/text_page.hpp"

#include "base/cut_text.hpp"

namespace fiberscope::detail {

namespace {

constexpr std::size_t usual_line = 100;   ///< bytes after which a line ends at the next comma
constexpr std::size_t longest_line = 200; ///< or anywhere, but not inside of a character

/// Walks over a printed term and knows whether it is inside of quotes.
class Quotes {
public:
    /// True: `c` stands outside.
    bool take(char c) noexcept {
        if (is_escaped_) {
            is_escaped_ = false;
            return false;
        }
        if (quote_ == 0) {
            if (c == '"' || c == '\'')
                quote_ = c;
            return quote_ == 0;
        }
        is_escaped_ = c == '\\';
        if (c == quote_)
            quote_ = 0;
        return false;
    }

private:
    char quote_ = 0;
    bool is_escaped_ = false;
};

} // namespace

TextPage page_of_lines(std::string_view term, PageRange range) {
    TextPage page;
    Quotes quotes;
    std::size_t begin = 0;
    const auto end_line = [&](std::size_t end) {
        if (page.lines >= range.first && page.lines < range.first + range.count) {
            if (page.lines != range.first)
                page.text += '\n';
            page.text += term.substr(begin, end - begin);
        }
        ++page.lines;
        begin = end;
    };
    for (std::size_t at = 0; at < term.size(); ++at) {
        if (at - begin >= longest_line && begins_character(term[at]))
            end_line(at);
        const bool is_outside = quotes.take(term[at]);
        if (is_outside && term[at] == ',' && at - begin >= usual_line && at + 1 < term.size())
            end_line(at + 1);
    }
    end_line(term.size());
    return page;
}

} // namespace fiberscope::detail
