using System.Threading.Channels;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.KubernetesJobs.Cluster;

namespace SkyDriver.KubernetesJobs.Tests.Launcher;

/// <summary>The order in which what was written here and what the watch tells come together.</summary>
public sealed class ObjectCacheTests : IAsyncLifetime
{
    private readonly Channel<(WatchEventType, V1Job)> _events = Channel.CreateUnbounded<(WatchEventType, V1Job)>();
    private readonly CancellationTokenSource _stop = new();
    private readonly ObjectCache<V1Job, string> _cache;
    private Task _running = Task.CompletedTask;

    public ObjectCacheTests()
    {
        ObjectSource<V1Job> source = new(
            "Jobs", (_, _) => Task.FromResult(new ObjectPage<V1Job>([Job("old", 4)], null, "4")), (_, _, ct) => _events.Reader.ReadAllAsync(ct));
        _cache = new(source, j => j.Metadata!.ResourceVersion, TimeProvider.System, NullLogger.Instance);
    }

    public async ValueTask InitializeAsync()
    {
        _running = _cache.RunAsync(_stop.Token);
        await Until.HoldsAsync(() => _cache.IsSynced, "the list is read");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    [Fact]
    public async Task Put_ThenOlderEventsOfTheName_KeepsTheNewer()
    {
        _cache.Put(Job("a", 7));
        await TellAsync(WatchEventType.Modified, "a", 5);
        await TellAsync(WatchEventType.Deleted, "a", 6);
        Assert.Equal("7", _cache.Find("a"));
        await TellAsync(WatchEventType.Modified, "a", 8);
        Assert.Equal("8", _cache.Find("a"));
        await TellAsync(WatchEventType.Deleted, "a", 9);
        Assert.Null(_cache.Find("a"));
        Assert.Equal("4", _cache.Find("old"));
    }

    [Fact]
    public async Task NextChange_TakenBeforeAChange_Completes()
    {
        Task change = _cache.NextChange;
        Assert.False(change.IsCompleted);
        _cache.Drop(["old"]);
        await change.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Empty(_cache.Facts);
    }

    /// <summary>Returns when the event has been taken in.</summary>
    private async Task TellAsync(WatchEventType type, string name, int version)
    {
        string marker = $"marker-{version}";
        await _events.Writer.WriteAsync((type, Job(name, version)));
        await _events.Writer.WriteAsync((WatchEventType.Added, Job(marker, version)));
        await Until.HoldsAsync(() => _cache.Find(marker) is not null, "the event is taken in");
    }

    private static V1Job Job(string name, int version) => new() { Metadata = new() { Name = name, ResourceVersion = $"{version}" } };
}
