using FsCheck;
using FsCheck.Fluent;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet.Tests;

/// <summary>Failures counted by their text, over all workers and in bounded memory.</summary>
public sealed class TopCountsTests
{
    [Fact]
    public void Add_FewTexts_IsExact()
    {
        TopCounts counts = new(capacity: 3);
        foreach ((string text, long count) in new[] { ("b", 2L), ("a", 2L), ("c", 7L), ("b", 0L), ("a", -5L), ("c", 1L) }) counts.Add(text, count);
        Assert.Equal([new("c", 8), new("a", 2)], counts.Top(2));
    }

    [Fact]
    public void Add_MoreTextsThanFit_KeepsTheFrequentOnesAndCountsNothingTwice()
    {
        TopCounts counts = new(capacity: 50);
        const int strange = 20_000, often = 1000;
        for (int i = 0; i < strange; i++)
        {
            counts.Add($"only once, {i}", 1);
            if (i % 20 == 0) counts.Add("often", 1);
            if (i % 10 == 0) counts.Add("very often", 1);
        }

        KeyValuePair<string, long>[] top = [.. counts.Top(2)];
        Assert.Equal(["very often", "often"], top.Select(t => t.Key));
        // What is lost is at most the whole divided by the capacity.
        long most = (strange + (3 * often)) / 50;
        Assert.InRange(top[0].Value, (2 * often) - most, 2 * often);
        Assert.InRange(top[1].Value, often - most, often);
        Assert.True(counts.Top(int.MaxValue).Count <= 50);
    }

    [Fact]
    public void Remove_WhatWasAdded_IsGoneAndLeavesRoom()
    {
        TopCounts counts = new(capacity: 2);
        counts.Add("a", 3);
        counts.Add("b", 2);
        counts.Remove("a", 2);
        counts.Remove("b", 2);
        counts.Remove("never added", 2);
        counts.Add("c", 5);
        Assert.Equal([new("c", 5), new("a", 1)], counts.Top(5));
        Assert.Equal(0, counts.Lost);
    }

    /// <summary>Of more texts than are counted, by whatever reports in whatever order, against a recount of all that is told.</summary>
    [Fact]
    public void Report_AnyReports_CountsAreNeverTooLargeAndLackLittle() => Prop.ForAll(
        Gen.Choose(0, int.MaxValue - 1).ToArbitrary(),
        seed =>
        {
            const int capacity = 8;
            Random pick = new(seed);
            ErrorCounts counts = new(capacity);
            Dictionary<int, Dictionary<string, int>> told = [];
            long lost = 0;
            for (int step = 0; step < 300; step++)
            {
                int worker = pick.Next(12);
                told[worker] = Enumerable.Range(0, pick.Next(6)).Select(_ => pick.Next(2) == 0 ? pick.Next(4) : pick.Next(40)).Distinct().ToDictionary(t => $"error {t}", _ => pick.Next(-1, 20));
                counts.Report(worker, pick.Next(5) == 0 ? told[worker] = [] : told[worker]);
                Dictionary<string, long> exact = told.Values.SelectMany(t => t).Where(t => t.Value > 0).GroupBy(t => t.Key, (text, all) => KeyValuePair.Create(text, all.Sum(t => (long)t.Value))).ToDictionary();
                IReadOnlyList<KeyValuePair<string, long>> top = counts.Top(int.MaxValue);
                Assert.True(top.Count <= capacity);
                Assert.Equal(top.OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal), top);
                Dictionary<string, long> shown = top.ToDictionary();
                foreach ((string text, long count) in exact) Assert.InRange(shown.GetValueOrDefault(text), Math.Max(0, count - counts.Lost), count);
                Assert.All(shown, one => Assert.InRange(one.Value, 1, exact.GetValueOrDefault(one.Key)));
                lost = Math.Max(lost, counts.Lost);
            }

            // It never adds up: at most 12 workers × 5 texts × 19, twice, as a recount comes after as many texts as there are, and a report more.
            Assert.InRange(lost, 0, ((2 * 12 * 5) + 5) * 19 / (capacity + 1));
            // All are exact again once few are told of.
            foreach (int worker in told.Keys) counts.Report(worker, null);
            counts.Report(1, new Dictionary<string, int> { ["one"] = 3 });
            Assert.Equal([new("one", 3)], counts.Top(5));
            return counts.Lost == 0;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60).WithReplay(20261121, 7));

    [Fact]
    public void CountErrors_TenThousandWorkers_AllAreHeard()
    {
        Turns turns = new();
        for (int id = 1; id <= 10_000; id++)
        {
            turns.Worker(id);
            // What matters is told by the last ones only.
            Dictionary<string, int> errors = id > 9000 ? new() { ["no tables"] = 3, [$"on host {id}"] = 1 } : new() { [$"on host {id}"] = 1 };
            Assert.True(turns.State.Hear(new(id, Stats: new WorkerStatsV1(Errors: errors).Write()), out _));
        }

        KeyValuePair<string, long> first = turns.State.CountErrors(5)[0];
        Assert.Equal("no tables", first.Key);
        Assert.InRange(first.Value, 3000 - (13_000 / 1000), 3000);
    }
}
