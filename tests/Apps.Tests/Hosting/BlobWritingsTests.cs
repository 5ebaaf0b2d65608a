using System.Security.Cryptography;
using System.Text;
using Dapr;
using SkyDriver.Apps.Tests.Api;
using SkyDriver.Apps.Tests.Fakes;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;

namespace SkyDriver.Apps.Tests.Hosting;

/// <summary>What a writer leaves that dies in the middle.</summary>
public sealed class BlobWritingsTests
{
    private static readonly TimeSpan Age = TimeSpan.FromHours(1);

    private readonly FakeDapr dapr = FakeDapr.Create();
    private readonly ShiftedClock clock = new();
    private readonly BlobWritings writings;
    private readonly ResultStore results;
    private readonly EventStore events;

    public BlobWritingsTests()
    {
        StateDocuments documents = new(dapr.Store, clock);
        writings = new(dapr.Store, documents, clock);
        results = new(dapr.Store, documents, writings, clock);
        events = new(dapr.Store, documents, writings);
    }

    [Fact]
    public async Task Sweep_ResultWhoseWriterDied_IsRemovedOnceItIsOld()
    {
        await DieWritingAResultAsync();
        Assert.True(Chunks.Length >= 2);
        clock.Advance(Age - TimeSpan.FromMinutes(1));
        Assert.Equal(0, await writings.SweepAsync(Age));
        Assert.True(Chunks.Length >= 2);
        clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(1, await writings.SweepAsync(Age));
        Assert.Empty(Chunks);
        Assert.Equal(0, await writings.SweepAsync(Age));
    }

    [Fact]
    public async Task Sweep_ResultsThatCount_Stay()
    {
        await results.SaveAsync("scan", Noise(3), isFinal: false);
        await results.SaveAsync("scan", Noise(3), isFinal: true);
        await DieWritingAResultAsync();
        int before = Chunks.Length;
        clock.Advance(2 * Age);
        Assert.Equal(1, await writings.SweepAsync(Age));
        Assert.InRange(Chunks.Length, 4, before - 2);
        Assert.NotNull(await results.LoadAsync("scan"));
    }

    [Fact]
    public async Task Sweep_WriterDiedAfterItsResultCounted_TheResultStays()
    {
        // The note is crossed out last: let just that fail.
        dapr.OnSave = key =>
        {
            if (key.StartsWith("blob-writings/", StringComparison.Ordinal) && dapr.Keys.Contains(StateKeys.ResultIndex("scan"))) throw new DaprException("store away");
        };
        await Assert.ThrowsAsync<DaprException>(() => results.SaveAsync("scan", Noise(2), isFinal: true));
        dapr.OnSave = null;
        clock.Advance(2 * Age);
        Assert.Equal(1, await writings.SweepAsync(Age));
        Assert.Equal(2 << 20, (await results.LoadAsync("scan"))!.SkyscanResult.Length);
    }

    [Fact]
    public async Task Sweep_EventWhoseWriterDied_IsRemovedAndCanBeWrittenAnew()
    {
        byte[] json = Noise(3);
        int saved = 0;
        dapr.OnSave = key =>
        {
            if (key.StartsWith("event/", StringComparison.Ordinal) && ++saved == 3) throw new InvalidOperationException("killed");
        };
        await Assert.ThrowsAsync<InvalidOperationException>(() => events.SaveAsync(json));
        dapr.OnSave = null;
        Assert.Equal(2, dapr.Keys.Count(k => k.StartsWith("event/", StringComparison.Ordinal)));
        clock.Advance(2 * Age);
        Assert.Equal(1, await writings.SweepAsync(Age));
        Assert.DoesNotContain(dapr.Keys, k => k.StartsWith("event/", StringComparison.Ordinal));
        Assert.Equal(json, await events.LoadAsync(await events.SaveAsync(json)));
        clock.Advance(2 * Age);
        Assert.Equal(0, await writings.SweepAsync(Age));
    }

    [Fact]
    public async Task Save_WhileTheRemainsOfTheSameEventAreRemoved_WaitsForAnotherTry()
    {
        byte[] json = Noise(2);
        dapr.OnSave = key => Fail(key.EndsWith("/index", StringComparison.Ordinal));
        await Assert.ThrowsAsync<DaprException>(() => events.SaveAsync(json));
        clock.Advance(2 * Age);
        // The sweeper dies too, after it claimed the note.
        dapr.OnSave = null;
        dapr.OnDelete = _ => Fail(true);
        await Assert.ThrowsAsync<DaprException>(() => writings.SweepAsync(Age));
        await Assert.ThrowsAsync<TimeoutException>(() => events.SaveAsync(json));
        dapr.OnDelete = null;
        clock.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(json, await events.LoadAsync(await events.SaveAsync(json)));
    }

    [Fact]
    public async Task Abandoned_Writing_LeavesNothingToSweep()
    {
        await using (ResultWriting writing = results.Begin("scan")) await writing.Content.WriteAsync(new(Noise(3)), TestContext.Current.CancellationToken);
        Assert.Empty(Chunks);
        clock.Advance(2 * Age);
        Assert.Equal(0, await writings.SweepAsync(Age));
    }

    private string[] Chunks => [.. dapr.Keys.Where(k => k.StartsWith("result/", StringComparison.Ordinal) && !k.EndsWith("/index", StringComparison.Ordinal))];

    private static void Fail(bool now)
    {
        if (now) throw new DaprException("store away");
    }

    /// <summary>A process that is killed disposes of nothing.</summary>
    private async Task DieWritingAResultAsync() => await results.Begin("scan").Content.WriteAsync(new(Noise(3)), CancellationToken.None);

    /// <summary>Text that does not become smaller than its half.</summary>
    private static byte[] Noise(int megabytes) => Encoding.ASCII.GetBytes(RandomNumberGenerator.GetString("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-", megabytes << 20));
}
