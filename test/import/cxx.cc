/* C++ without exceptions: classes with virtual functions, templates, closures, constructors that run
 * before main and destructors behind it, containers and streams of the standard library. */
#include <algorithm>
#include <cstdio>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

namespace
{

struct trace {
    explicit trace(const char *name) : name(name) { std::printf("+%s\n", name); }
    ~trace() { std::printf("-%s\n", name); }
    const char *name;
};

trace global("global");

class shape
{
  public:
    virtual ~shape() = default;
    virtual double area() const = 0;
    virtual std::string name() const { return "shape"; }
};

class square : public shape
{
  public:
    explicit square(double side) : side(side) {}
    double area() const override { return side * side; }
    std::string name() const override { return "square"; }

  private:
    double side;
};

class circle : public virtual shape
{
  public:
    explicit circle(double radius) : radius(radius) {}
    double area() const override { return 3 * radius * radius; }

  private:
    double radius;
};

template <typename T, unsigned N> struct ring {
    T values[N] = {};
    unsigned next = 0;
    void add(const T &value) { values[next++ % N] = value; }
    T sum() const { return std::accumulate(values, values + N, T()); }
};

int shape_count(const std::vector<std::unique_ptr<shape>> &shapes, std::function<bool(double)> is)
{
    return (int)std::count_if(shapes.begin(), shapes.end(),
                              [&](const auto &s) { return is(s->area()); });
}

thread_local int calls;

} // namespace

int main(int argc, char **)
{
    std::vector<std::unique_ptr<shape>> shapes;
    for (int i = 0; i < 10; i++) {
        if (i % 2)
            shapes.push_back(std::make_unique<square>(i));
        else
            shapes.push_back(std::make_unique<circle>(i));
    }
    double limit = 20.5;
    std::cout << shape_count(shapes, [limit](double area) { return calls++, area > limit; }) << ' '
              << calls << std::endl;
    std::map<std::string, double> areas;
    for (const auto &s : shapes) areas[s->name()] += s->area();
    for (const auto &[name, area] : areas) std::cout << name << '=' << area << std::endl;

    ring<std::string, 3> words;
    for (const char *word : {"one", "two", "three", "four"}) words.add(word);
    std::cout << words.sum() << std::endl;

    std::vector<unsigned> numbers(5000);
    unsigned state = 1;
    for (unsigned &n : numbers) n = state = state * 1664525u + 1013904223u;
    std::sort(numbers.begin(), numbers.end());
    std::cout << numbers[0] << ' ' << numbers[2500] << ' '
              << std::is_sorted(numbers.begin(), numbers.end()) << std::endl;
    static trace local("local");
    return argc;
}
