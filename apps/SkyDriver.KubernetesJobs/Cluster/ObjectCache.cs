using System.Collections.Immutable;
using System.Globalization;
using k8s;
using k8s.Models;

namespace SkyDriver.KubernetesJobs.Cluster;

/// <summary>
/// A picture of one kind of object, kept by a list and a watch from there on: who asks it asks memory, not the API.
/// Only facts drawn from the objects are kept.
/// </summary>
/// <param name="facts">Null for objects that do not matter.</param>
internal sealed partial class ObjectCache<T, TFact>(ObjectSource<T> source, Func<T, TFact?> facts, TimeProvider clock, ILogger logger)
    where T : IKubernetesObject<V1ObjectMeta>
    where TFact : class
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestList = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private ImmutableDictionary<string, Entry> _entries = ImmutableDictionary<string, Entry>.Empty;
    private TaskCompletionSource _change = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset? _failingSince;

    /// <summary>Whether a list was ever read.</summary>
    public bool IsSynced { get; private set; }

    /// <summary>Since when nothing was heard, when that is so, and why.</summary>
    public (DateTimeOffset Since, string Reason)? Failing
    {
        get
        {
            lock (_lock) return _failingSince is { } since ? (since, Reason) : null;
        }
    }

    public IEnumerable<TFact> Facts => Volatile.Read(ref _entries).Values.Select(e => e.Fact);

    private string Reason { get; set; } = "";

    /// <summary>Completes with the next change; taken before looking, so that none is missed.</summary>
    public Task NextChange
    {
        get
        {
            lock (_lock) return _change.Task;
        }
    }

    public TFact? Find(string name) => Volatile.Read(ref _entries).GetValueOrDefault(name)?.Fact;

    /// <summary>What this process has just written itself; the watch will say the same a little later.</summary>
    public void Put(T written) => Change(entries => With(entries, written));

    /// <inheritdoc cref="Put"/>
    public void Drop(IEnumerable<string> names) => Change(entries => entries.RemoveRange(names));

    /// <summary>Until the token fires; no fault of the API ends it.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        string? version = null;
        TimeSpan pause = FirstPause;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                version ??= await ListAsync(ct);
                version = await WatchAsync(version, ct);
                pause = FirstPause;
                // A server that ends each watch at once must not be asked without pause.
                await Task.Delay(pause, clock, ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception thrown)
            {
                // Also what nobody foresaw: a picture that stops in silence would be worse.
                ApiFault fault = ApiFault.From(thrown) ?? new(ApiFaultKind.Invalid, thrown.Message, null, thrown);
                Fail(fault);
                TimeSpan wait = fault.RetryAfter ?? pause;
                await Task.Delay(wait < LongestPause ? wait : LongestPause, clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                // An answer that cannot be understood, or was refused, is not made better by asking on from the same place.
                if (fault.Kind is not (ApiFaultKind.Unreachable or ApiFaultKind.Busy)) version = null;
            }
        }
    }

    private async Task<string> ListAsync(CancellationToken ct)
    {
        ImmutableDictionary<string, Entry> found = ImmutableDictionary<string, Entry>.Empty;
        string? next = null, version;
        do
        {
            using CancellationTokenSource limit = new(LongestList, clock);
            using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
            ObjectPage<T> page = await source.List(next, both.Token);
            foreach (T item in page.Items) found = With(found, item);
            (next, version) = (page.Next, page.Version);
        }
        while (next is not null);

        IsSynced = true;
        Heard();
        // What was put here after the list was taken is not in it.
        ulong listed = Number(version);
        Change(entries => found.SetItems(entries.Where(e => e.Value.Version > listed && !found.ContainsKey(e.Key))));
        LogListed(source.What, found.Count);
        return version ?? "0";
    }

    /// <returns>The version to go on from; null when that is lost and a list is due.</returns>
    private async Task<string?> WatchAsync(string from, CancellationToken ct)
    {
        using CancellationTokenSource limit = new(ObjectSources.WatchTime + TimeSpan.FromSeconds(30), clock);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        string version = from;
        Exception? told = null;
        try
        {
            await foreach ((WatchEventType type, T item) in source.Watch(from, fault => { told ??= fault; stop.Cancel(); }, stop.Token).WithCancellation(stop.Token))
            {
                Apply(type, item);
                version = item.Metadata?.ResourceVersion is { Length: > 0 } reached ? reached : version;
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested && (told is not null || limit.IsCancellationRequested))
        {
            // Said by the stream, or a silence longer than the server allows itself; both are looked at below.
        }
        catch (Exception thrown) when (version != from && !ct.IsCancellationRequested && ApiFault.From(thrown) is { IsPassing: true })
        {
            // The connection broke midway: on from the last event.
            LogResumed(source.What, thrown.Message);
            return version;
        }

        if (told is null)
        {
            Heard();
            return version;
        }

        if (ApiFault.From(told) is not { Kind: ApiFaultKind.Gone }) throw told;
        LogGone(source.What);
        return null;
    }

    private void Apply(WatchEventType type, T item)
    {
        Heard();
        if (type is WatchEventType.Added or WatchEventType.Modified) Change(entries => With(entries, item));
        else if (type is WatchEventType.Deleted && item.Metadata is { Name: { } name } metadata)
        {
            // The end of an object must not take away a newer one of its name.
            Change(entries => entries.TryGetValue(name, out Entry? known) && known.Version <= Number(metadata.ResourceVersion) ? entries.Remove(name) : entries);
        }
    }

    private ImmutableDictionary<string, Entry> With(ImmutableDictionary<string, Entry> entries, T item)
    {
        if (item.Metadata?.Name is not { } name || facts(item) is not { } fact) return entries;
        Entry entry = new(fact, Number(item.Metadata.ResourceVersion));
        // What was put here by hand may be ahead of the watch.
        return entries.TryGetValue(name, out Entry? known) && known.Version > entry.Version ? entries : entries.SetItem(name, entry);
    }

    /// <summary>Versions grow, and are numbers in all servers there are; where one is not, the order of arrival counts.</summary>
    private static ulong Number(string? version) => ulong.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : 0;

    private void Change(Func<ImmutableDictionary<string, Entry>, ImmutableDictionary<string, Entry>> change)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _entries = change(_entries);
            (changed, _change) = (_change, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        changed.SetResult();
    }

    private void Heard()
    {
        lock (_lock) _failingSince = null;
    }

    private void Fail(ApiFault fault)
    {
        lock (_lock)
        {
            _failingSince ??= clock.GetUtcNow();
            Reason = fault.Message;
        }

        LogFailed(source.What, fault.Message);
    }

    [LoggerMessage(1, LogLevel.Information, "{What}: {Count} are known, and watched from here on")]
    private partial void LogListed(string what, int count);

    [LoggerMessage(2, LogLevel.Information, "{What}: the watch broke and goes on from the last event: {Reason}")]
    private partial void LogResumed(string what, string reason);

    [LoggerMessage(3, LogLevel.Information, "{What}: the watch is too far behind; they are listed anew")]
    private partial void LogGone(string what);

    [LoggerMessage(4, LogLevel.Warning, "{What} cannot be watched for now: {Reason}")]
    private partial void LogFailed(string what, string reason);

    private sealed record Entry(TFact Fact, ulong Version);
}
