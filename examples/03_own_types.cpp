// SPDX-License-Identifier: BSL-1.0
// Keys and values of one's own: how a type gets its codec, and how a key gets its order.

#include <lsm/codec/json.hpp>
#include <lsm/lsm.hpp>
#include <lsm/testing/codec_laws.hpp>

#include <boost/describe/class.hpp>

#include <compare>
#include <cstdint>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

//! [serialize]
/// A class with a `serialize` in Boost's form needs nothing else.
class reading {
public:
    reading() = default;
    reading(double degrees, unsigned humidity) : degrees_(degrees), humidity_(humidity) {}

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive & degrees_ & humidity_;
    }
    friend std::ostream& operator<<(std::ostream& out, const reading& r) {
        return out << r.degrees_ << " degrees, " << r.humidity_ << " % humidity";
    }

private:
    double degrees_ = 0;
    unsigned humidity_ = 0;
};
//! [serialize]

//! [aggregate]
/// A plain struct needs nothing at all. As a key it needs an order.
struct shelf_mark {
    char room;
    int shelf;
    auto operator<=>(const shelf_mark&) const = default;
};
//! [aggregate]

//! [described]
/// A described struct has names in JSON.
struct book {
    std::string title;
    std::vector<std::string> authors;
    std::optional<int> year;
};
BOOST_DESCRIBE_STRUCT(book, (), (title, authors, year))
//! [described]

//! [own codec]
/// A class that cannot be filled piece by piece: it has no default constructor, and no way in but
/// its own.
class money {
public:
    static money of_cents(std::int64_t cents) { return money(cents); }
    [[nodiscard]] std::int64_t cents() const { return cents_; }

private:
    explicit money(std::int64_t cents) : cents_(cents) {}
    std::int64_t cents_;
};

}  // namespace

template <>
struct lsm::codec<money> : lsm::decoded_codec<money> {
    static void write(auto& out, const money& amount) { out.number(amount.cents()); }
    template <class In>
    static money read(In& in) {
        return money::of_cents(in.template number<std::int64_t>());
    }
    static std::string shape() { return "i64"; }
};
//! [own codec]

namespace {

//! [composite]
/// A pair orders by its first part, then by its second; `descending` turns the second round.
void newest_readings_first() {
    using key = std::pair<std::string, lsm::descending<int>>;
    lsm::lsm_tree<key, reading> weather("weather");
    weather.put({"Bergen", {20240101}}, {4.5, 97});
    weather.put({"Oslo", {20240101}}, {-7.25, 81});
    weather.put({"Oslo", {20240102}}, {-11, 80});
    weather.put({"Oslo", {20240103}}, {-9.5, 84});

    const lsm::key_range<key> days = lsm::closed(key{"Oslo", {20240103}}, key{"Oslo", {20240102}});
    for (auto [place_and_day, seen] : weather.scan(days)) {
        const auto& [place, day] = place_and_day;
        std::cout << place << ' ' << day.value << ": " << seen << '\n';
    }
}
//! [composite]

//! [library]
/// `visit` and scans show a book where it lies; `get` makes one.
void books_on_shelves() {
    lsm::lsm_tree<shelf_mark, book> library("library");
    library.put({'B', 2}, {"The Art of Computer Programming", {"Knuth"}, 1968});
    library.put({'A', 7}, {"Beowulf", {}, std::nullopt});
    library.put({'B', 1}, {"Elements of Programming", {"Stepanov", "McJones"}, 2009});

    for (auto [mark, each] : library.scan())
        std::cout << mark.room << mark.shelf << ": " << lsm::to_json<book>(each) << '\n';
    library.visit({'B', 2}, [](const book& found) { std::cout << found.title << '\n'; });
}
//! [library]

//! [laws]
void balances() {
    lsm::testing::check_codec<money>(
        {money::of_cents(0), money::of_cents(-1), money::of_cents(999)});
    lsm::lsm_tree<std::string, money> accounts("accounts");
    accounts.put("alice", money::of_cents(1250));
    if (const std::optional<money> balance = accounts.get("alice"))
        std::cout << "alice has " << balance->cents() << " cents\n";
}
//! [laws]

}  // namespace

int main() {
    newest_readings_first();
    books_on_shelves();
    balances();
}
