/** What the compilers are given: small, but with everything that kernels have and debug information has a form for. */
export const sources: Readonly<Record<string, string>> = {
  'shared.h': `#ifndef SHARED_H
#define SHARED_H
#define LIMIT 0x40
#define SHIFT(value, by) ((value) << (by))
#define LOG(format, ...) printf(format, ##__VA_ARGS__)
#define NOTHING
struct low { unsigned a : 3, b : 5, : 2; long long c : 33; unsigned char d : 1; };
union either { long number; char text[12]; void *pointer; };
enum color { RED = -1, GREEN, BLUE = 0x7fff };
typedef int (*callback_t)(struct item *, unsigned);
struct item {
  struct item *next;
  const volatile char *name;
  union either either;
  struct { short x, y; } at;
  struct low low;
  enum color color;
  callback_t callback;
  unsigned matrix[3][4];
  struct low lows[];
} __attribute__((packed));
struct pair { long first, second; };
static inline __attribute__((always_inline)) unsigned mix(unsigned value, unsigned by)
{
  unsigned mixed = SHIFT(value, by & 7);
  if (mixed > LIMIT)
    mixed ^= value * 31;
  return mixed;
}
extern struct item *items;
long other_work(struct item *first, unsigned count);
int stop_here(long a, int b, const char *c, struct pair d);
#endif
`,
  'main.c': `#include <stdio.h>
#include <stddef.h>
#include <stdlib.h>
struct item;
#include "shared.h"
#undef NOTHING
#define NOTHING nothing
struct item *items;
static int counter = 5;
static const char *const names[] = { "one", "two", "three" };
struct later { int only_here; };
static struct later later = { 7 };

static __attribute__((noinline)) int visit(struct item *item, unsigned depth)
{
  unsigned sum = 0;
  for (unsigned i = 0; i < depth; i++) {
    unsigned part = mix(i, depth);
    sum += part;
  }
  struct pair pair = { sum, depth };
  struct pair *where = &pair;
  where->first += item->at.x;
  return stop_here(where->first, depth, names[depth % 3], *where) + (int)sum;
}

#define FIELD(s, f) printf(#s "." #f " %zu %zu\\n", offsetof(struct s, f), sizeof(((struct s *)0)->f))
static int layout(void)
{
  printf("item %zu\\nlow %zu\\npair %zu\\nlater %zu\\n", sizeof(struct item), sizeof(struct low), sizeof(struct pair), sizeof(struct later));
  FIELD(item, name); FIELD(item, either); FIELD(item, at); FIELD(item, at.y); FIELD(item, low); FIELD(item, color);
  FIELD(item, callback); FIELD(item, matrix); FIELD(pair, second); FIELD(later, only_here);
  return 0;
}

int main(int argc, char **argv)
{
  if (argc > 1)
    return layout();
  items = calloc(1, sizeof(*items) + 2 * sizeof(struct low));
  items->name = argv[0];
  items->at.x = 3;
  items->callback = visit;
  items->either.number = LIMIT;
  counter += later.only_here;
  long done = other_work(items, 4);
  LOG("%ld %d\\n", done, counter);
  return done == 42;
}
`,
  'other.c': `#include <stdio.h>
struct item;
#include "shared.h"
struct private_to_other { char tag; long value; } private_value = { 'x', 9 };
volatile int stopped;

__attribute__((noinline)) int stop_here(long a, int b, const char *c, struct pair d)
{
  int local = b * 2;
  stopped = local;
  if (c && c[0] == 'z')
    stopped = (int)a;
  return local + (int)d.second;
}

static __attribute__((noinline)) long cold_part(struct item *item, long value)
{
  fprintf(stderr, "%d\\n", item->color);
  return value / 3;
}

static long fold(const struct item *item, long value)
{
  long folded = mix((unsigned)value, 3) + item->low.a;
  for (int i = 0; i < 3; i++)
    folded += item->matrix[i][1] * i;
  return folded;
}

long other_work(struct item *first, unsigned count)
{
  long total = 0;
  while (count--) {
    total += fold(first, total + count);
    total += first->callback(first, count);
    if (total > 100000)
      total = cold_part(first, total);
  }
  return total + private_value.value;
}
`,
  'main.rs': `use std::collections::VecDeque;
pub struct Point<T> { pub x: T, pub y: T }
pub enum Shape { Circle(f64), Square { side: u32 }, Empty }
impl Shape {
    #[inline(always)]
    fn size(&self) -> u64 {
        match self { Shape::Circle(r) => *r as u64, Shape::Square { side } => *side as u64 * 2, Shape::Empty => 0 }
    }
}
#[inline(never)]
fn total(shapes: &VecDeque<Shape>, point: &Point<i16>) -> u64 {
    let mut sum = point.x as u64;
    for shape in shapes.iter() { sum += shape.size(); }
    sum + point.y as u64
}
fn main() {
    let mut shapes = VecDeque::new();
    for i in 0..std::env::args().count() { shapes.push_back(if i % 2 == 0 { Shape::Circle(i as f64) } else { Shape::Square { side: i as u32 } }); }
    shapes.push_back(Shape::Empty);
    println!("{}", total(&shapes, &Point { x: 1, y: 2 }));
}
`,
};
