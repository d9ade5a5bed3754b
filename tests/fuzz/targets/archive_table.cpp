// SPDX-License-Identifier: BSL-1.0
// decoder: storage/format/archive.hpp
// decoder: storage/format/serialization.hpp
#include <fuzz/edits.hpp>
#include <fuzz/tables.hpp>

#include <lsm/engine/block_cache.hpp>
#include <lsm/engine/table.hpp>
#include <lsm/storage/format/serialization.hpp>
#include <lsm/storage/medium/memory.hpp>

#include <memory>

/// An input says which kind of archive, and how the bytes of its table are changed. Behind the
/// checksum archives promise nothing, so none is repaired: what is changed is found, or is not used.
namespace {

using namespace lsm;

template <class Archive>
class archive {
    using format = serialization_format<Archive>;
    using stored = engine::stored_table<std::string, double, format, memory_medium>;

public:
    static void check(fuzz::script& changes) {
        static const fuzz::made_table healthy =
            fuzz::make_table<std::string, double>(format{.block_bytes = 32}, entries());
        byte_buffer bytes = healthy.bytes;
        fuzz::edit_all(bytes, changes);
        try {
            const auto medium = std::make_shared<memory_medium>(memory_disk(), open_mode::create);
            auto writer = medium->create({1, std::string(Archive::extension)});
            writer.append(bytes);
            writer.commit();
            const auto cache =
                std::make_shared<engine::block_cache>(0, std::make_shared<engine::epochs>());
            const auto table =
                stored::open({medium, cache, std::make_shared<engine::open_files>(1), 0, nullptr},
                             {1, std::string(Archive::name), 1, std::string(Archive::extension),
                              healthy.bytes.size(), healthy.index});
            check_entries(*table);
        } catch (const error& failure) {
            fuzz::require(failure.which() == errc::corruption, "damage is called corruption");
            fuzz::require(bytes != healthy.bytes, "a table that nobody changed is read");
        }
    }

private:
    static std::vector<fuzz::versions_of<std::string, double>> entries() {
        return {{"", {1.5}}, {"key \xff", {std::nullopt, -0.0}}, {"yes & no", {2.0, 1e-300, 7.0}}};
    }
    static void check_entries(const engine::table<std::string, double>& table) {
        for (const auto& [key, versions] : entries()) {
            std::vector<std::optional<double>> found;
            const std::string_view sought = key;
            engine::epochs when;
            engine::read_guard reads(when);
            const auto add = [&](payload_kind kind, double value, auto&&) {
                found.push_back(kind == payload_kind::value ? std::optional(value) : std::nullopt);
                return true;
            };
            table.find({sought, 0}, max_sequence, reads, add);
            fuzz::require(found == versions, "no answer is wrong");
        }
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::script input(fuzz::view(data, size));
    switch (input.byte() % 3) {
    case 0: archive<binary_archive>::check(input); break;
    case 1: archive<text_archive>::check(input); break;
    default: archive<xml_archive>::check(input);
    }
    return 0;
}

void fuzz::make_seeds(const seed_sink& take) {
    for (const std::string kind : {"binary", "text", "xml"}) {
        const auto which = static_cast<std::byte>(kind == "binary" ? 0 : kind == "text" ? 1 : 2);
        const auto change = [&](const std::string& name, std::initializer_list<int> bytes) {
            byte_buffer input{which};
            for (const int each : bytes) input.push_back(static_cast<std::byte>(each));
            take(kind + "_" + name, input);
        };
        change("healthy", {});
        change("header_changed", {0, 3, 0, 1});
        change("block_changed", {0, 40, 0, 1});
        change("cut", {4, 50, 0});
        change("longer", {5, 1, 0, 0});
    }
}
