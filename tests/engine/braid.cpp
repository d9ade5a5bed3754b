// SPDX-License-Identifier: BSL-1.0
#include <lsm/codec/codec.hpp>
#include <lsm/engine/braid.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace {

/// Pieces of equal length whose keys alternate: 0, n, 2n, … and 1, n + 1, 2n + 1, … and so on.
class alternating {
public:
    alternating(std::size_t pieces, std::size_t length) {
        for (std::size_t piece = 0; piece < pieces; ++piece)
            for (std::size_t i = 0; i < length; ++i) {
                keys_.push_back(static_cast<int>(i * pieces + piece));
                values_.push_back(-keys_.back());
            }
        for (std::size_t piece = 0; piece < pieces; ++piece) {
            const std::span keys = std::span<const int>(keys_).subspan(piece * length, length);
            const std::span values = std::span<const int>(values_).subspan(piece * length, length);
            pieces_.push_back({keys, lsm::sequence_column(pieces - piece),
                               lsm::kind_column(lsm::payload_kind::value), values});
        }
    }
    [[nodiscard]] const std::vector<lsm::window_of<int, int>>& pieces() const { return pieces_; }

private:
    std::vector<int> keys_;
    std::vector<int> values_;
    std::vector<lsm::window_of<int, int>> pieces_;
};

bool are_in_order(const lsm::window_of<int, int>& all, std::size_t pieces, std::size_t entries) {
    bool good = all.size() == entries;
    for (std::size_t i = 0; i < all.size(); ++i)
        good &= all.keys[i] == static_cast<int>(i) && all.values[i] == -all.keys[i] &&
                (all.sequences[i] == pieces - i % pieces || all.sequences[i] == pieces);
    return good;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_braid)

BOOST_AUTO_TEST_CASE(has_room_for_whatever_it_is_given) {
    lsm::engine::braid<int, int> braid;
    for (const std::size_t pieces : {1, 2, 3, 64, 255, 256, 257, 1000, 2, 3000})
        for (const std::size_t length : {1, 7}) BOOST_TEST_CONTEXT(pieces << " of " << length) {
                const alternating from(pieces, length);
                for (const lsm::sequence_number at : {lsm::no_sequence, lsm::max_sequence})
                    BOOST_TEST(
                        are_in_order(braid.merge(from.pieces(), at), pieces, pieces * length));
            }
}

BOOST_AUTO_TEST_SUITE_END()
