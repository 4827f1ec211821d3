// The builder API, from C++: a function is made instruction by instruction, without any text.
//
//     g++ examples/embed/build.cc -lnanoforge && ./a.out         after make install
//     g++ -Iinclude examples/embed/build.cc build/libnanoforge.a -pthread -ldl && ./a.out
#include <nanoforge/nanoforge.h>
#include <cstdio>
#include <memory>
#include <vector>

namespace
{
struct engine_end {
    void operator()(nf_engine *engine) const { nf_engine_free(engine); }
};
using engine_pointer = std::unique_ptr<nf_engine, engine_end>;

// func @sum(%p: i64, %n: i64) -> i64: the sum of the n i32 at p
void sum_build(nf_module *module)
{
    const nf_type params[] = {NF_I64, NF_I64};
    nf_func *f = nf_module_function(module, "sum",
                                    nf_module_signature(module, NF_I64, params, 2, false),
                                    NF_ATTR_READONLY);
    nf_block entry = nf_func_entry(f), head = nf_func_block(f), body = nf_func_block(f),
             done = nf_func_block(f);
    nf_value none = {0};
    nf_value i = nf_block_param(f, head, NF_I64), sum = nf_block_param(f, head, NF_I64);

    nf_value zero = nf_build_iconst(f, entry, NF_I64, 0), one = nf_build_iconst(f, entry, NF_I64, 1);
    const nf_value start[] = {zero, zero};
    nf_build_br(f, entry, head, start, 2);

    nf_value more = nf_build_compare(f, head, NF_SLT, i, nf_func_param(f, 1));
    nf_build_brif(f, head, more, body, nullptr, 0, done, nullptr, 0);

    nf_address address = {};
    address.base = nf_func_param(f, 0);
    address.index = i;
    address.scale_log2 = 2;
    nf_value number = nf_build_load(f, body, NF_I32, address);
    nf_value wide = nf_build(f, body, NF_OP_SEXT, NF_I64, number, none, none);
    const nf_value next[] = {nf_build(f, body, NF_OP_ADD, NF_I64, i, one, none),
                             nf_build(f, body, NF_OP_ADD, NF_I64, sum, wide, none)};
    nf_build_br(f, body, head, next, 2);

    nf_build_ret(f, done, sum);
}

int fail(const nf_error &error)
{
    char message[512];
    nf_error_format(&error, message, sizeof message);
    std::fprintf(stderr, "%s\n", message);
    return 1;
}
} // namespace

int main()
{
    nf_engine *made;
    nf_program *program;
    nf_error error;
    if (nf_engine_new(nullptr, &made, &error) != NF_OK) return fail(error);
    engine_pointer engine(made);

    nf_module *module = nf_module_new(nullptr, "built");
    sum_build(module);
    if (nf_program_add(engine.get(), module, &program, &error) != NF_OK) {
        nf_module_free(module);
        return fail(error);
    }
    auto sum = reinterpret_cast<int64_t (*)(const int32_t *, int64_t)>(
        nf_program_function(program, "sum"));

    std::vector<int32_t> numbers;
    for (int32_t i = 1; i <= 1000; i++) numbers.push_back(i);
    int64_t result = sum(numbers.data(), static_cast<int64_t>(numbers.size()));
    std::printf("sum = %lld\n", static_cast<long long>(result));
    return result == 500500 ? 0 : 1;
}
