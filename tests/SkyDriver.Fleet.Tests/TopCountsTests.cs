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
