using System.Net.Http.Headers;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Resiliency;
using SkyDriver.Sidecar.Scheduling;

namespace SkyDriver.Sidecar.Actors;

/// <summary>
/// The actors of one app id: places them among its instances, gives each its turns, wakes them by reminders and timers,
/// and sends idle ones to sleep. An actor stays where it is active; where it wakes is decided by hashing.
/// </summary>
internal sealed partial class ActorEngine : IAppEngine
{
    /// <summary>Instances that one call is sent to, when one after the other leaves meanwhile.</summary>
    private const int MostPlaces = 4;

    private const int DrainedAtOnce = 32;
    private static readonly TimeSpan RemovalLimit = TimeSpan.FromSeconds(5);

    private readonly AppGroup _app;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly TimerQueue _timers;
    private readonly ActorTable _table = new();
    private readonly ActorHosts _hosts = new();
    private readonly CancellationTokenSource _stop = new();
    private IDisposable? _idleScan;

    public ActorEngine(AppGroup app, ActorStore? store)
    {
        (_app, _clock, _log) = (app, app.Scope.Clock, app.Scope.Loggers.CreateLogger<ActorEngine>());
        _timers = new TimerQueue(_clock);
        State = new ActorState(this, app.AppId, store);
        Reminders = new ReminderService(this, app.AppId, store, _timers, _clock, _log);
        Timers = new ActorTimerService(this, _timers, _clock, _log);
    }

    public ActorState State { get; }

    public ReminderService Reminders { get; }

    public ActorTimerService Timers { get; }

    /// <summary>Whether an instance that hosts actors of this type is here.</summary>
    public bool Hosts(string type) => _hosts.Settings(type) is not null;

    /// <summary>Whether such an instance is here and takes calls now.</summary>
    public bool IsOpen(string type) => _hosts.IsOpen(type);

    /// <summary>Whether the actor is active on this very instance.</summary>
    public bool IsActiveOn(ActorKey actor, AppInstance instance) => _table.Find(actor)?.IsActiveOn(instance) == true;

    public async Task AddInstanceAsync(AppInstance instance, CancellationToken ct)
    {
        if (instance is not { Channel: { } channel, AsksForConfig: true }) return;
        var types = await ReadConfigAsync(channel, ct);
        if (types.Count == 0) return;
        if (!State.HasStore)
        {
            LogNoStore(_log, _app.AppId);
            return;
        }

        _hosts.Add(instance, types);
        instance.HealthChanged += FollowHealth;
        // It may have changed before anybody listened.
        _hosts.SetOpen(instance, instance.IsHealthy);
        await Reminders.StartAsync(ct);
        ScheduleIdleScan();
    }

    /// <summary>Lets the actors of an instance finish their turns and go to sleep; callers that wait for one find it elsewhere afterwards.</summary>
    public async Task DrainInstanceAsync(AppInstance instance)
    {
        instance.HealthChanged -= FollowHealth;
        _hosts.SetOpen(instance, false);
        var actors = _table.Active().Where(e => e.Host == instance).ToArray();
        var limit = actors.Select(e => _hosts.Settings(e.Key.Type)?.Drain ?? TimeSpan.Zero).DefaultIfEmpty().Max();
        using var timer = new CancellationTokenSource(limit, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, timer.Token);
        try
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = DrainedAtOnce, CancellationToken = either.Token };
            await Parallel.ForEachAsync(actors, options, async (entry, ct) => await DeactivateAsync(entry.Key, e => e.Host == instance, ct));
        }
        catch (OperationCanceledException)
        {
            // What is still under way is cut when the instance is gone.
        }
    }

    public async Task RemoveInstanceAsync(AppInstance instance)
    {
        instance.HealthChanged -= FollowHealth;
        _hosts.Remove(instance);
        using var limit = new CancellationTokenSource(RemovalLimit, _clock);
        foreach (var entry in _table.Active().Where(e => e.Host == instance))
        {
            try
            {
                await DeactivateAsync(entry.Key, e => e.Host == instance, limit.Token);
            }
            catch (OperationCanceledException)
            {
                // A call that moved on to another instance is in the turn; it has seen that this one is gone.
            }
        }
    }

    public void Describe(AppInstance instance, EngineMetadata metadata)
    {
        foreach (var group in _table.Active().Where(e => e.Host == instance).GroupBy(e => e.Key.Type)) metadata.ActiveActors.Add((group.Key, group.Count()));
        foreach (string type in _hosts.Types(instance).Where(type => metadata.ActiveActors.All(a => a.Type != type))) metadata.ActiveActors.Add((type, 0));
        metadata.ActorHostReady |= metadata.ActiveActors.Count > 0;
    }

    /// <summary>Calls a method and hands back what the app says.</summary>
    /// <exception cref="DaprFault">The actor cannot be reached, or the app failed.</exception>
    public async Task<ActorReply> InvokeAsync(ActorKey actor, string method, ActorCall call, CancellationToken ct)
    {
        var reply = await _app.Scope.Policies.Actor(actor.Type).Call.ExecuteAsync(
            (Engine: this, Actor: actor, Route: $"method/{method}", Call: call), static (s, token) => new ValueTask<ActorReply>(s.Engine.DispatchAsync(s.Actor, s.Route, s.Call, s.Call.Chain, token)),
            ct, Judge);
        return reply.IsAppError || reply.IsSuccess ? reply : throw ActorFaults.InvokeFailed(Describe(reply));
    }

    /// <summary>One turn of an actor: waits for it, wakes the actor where needed, sends, and hands back the answer.</summary>
    /// <param name="route">Below the actor: <c>method/…</c>.</param>
    /// <param name="chain">Chain of calls it belongs to; a new one begins when null.</param>
    /// <param name="still">Asked inside the turn; false gives the turn up and returns null.</param>
    public async Task<ActorReply?> TryDispatchAsync(ActorKey actor, string route, ActorCall call, string? chain, Func<ActorEntry, bool> still, CancellationToken ct)
    {
        var settings = _hosts.Settings(actor.Type) ?? throw ActorFaults.NoAddress(actor);
        string? ownChain = settings.Reentrant ? chain ?? Guid.NewGuid().ToString("N") : null;
        var entry = _table.Hold(actor);
        try
        {
            await entry.Turns.EnterAsync(ownChain, settings.MaxStackDepth, ct);
            try
            {
                return still(entry) ? await SendAsync(entry, route, call, ownChain, ct) : null;
            }
            finally
            {
                entry.LastUsed = _clock.GetUtcNow();
                entry.Turns.Exit();
            }
        }
        catch (StackDepthException e)
        {
            throw ActorFaults.StackDepth(e);
        }
        finally
        {
            _table.Release(entry);
        }
    }

    /// <summary>Changes the timers of an actor that is active on the calling instance.</summary>
    public void ChangeTimers(AppInstance caller, ActorKey actor, Action<Dictionary<string, ActorTimer>> change)
    {
        if (_table.Find(actor) is not { } entry || !entry.IsActiveOn(caller)) throw ActorFaults.InstanceMissing(actor);
        lock (entry.Timers) change(entry.Timers);
    }

    /// <summary>A timer has fired for the last time.</summary>
    public void ForgetTimer(ActorKey actor, ActorTimer timer)
    {
        timer.Stop();
        if (_table.Find(actor) is not { } entry) return;
        lock (entry.Timers)
        {
            if (entry.Timers.GetValueOrDefault(timer.Name) == timer) entry.Timers.Remove(timer.Name);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _timers.Dispose();
    }

    /// <summary>Stops when the engine does.</summary>
    internal CancellationToken Stopping => _stop.Token;

    internal static string Describe(ActorReply reply) =>
        $"error from actor service: ({reply.Status}) {System.Text.Encoding.UTF8.GetString(reply.Body.AsSpan(0, Math.Min(reply.Body.Length, 2048)))}";

    /// <summary>An app that is not well gets no turns: calls are refused or go to a replica, and reminders wait.</summary>
    private void FollowHealth(AppInstance instance)
    {
        _hosts.SetOpen(instance, instance.IsHealthy);
        if (instance.IsHealthy) Reminders.WakeHomeless();
    }

    private async Task<ActorReply> DispatchAsync(ActorKey actor, string route, ActorCall call, string? chain, CancellationToken ct) =>
        (await TryDispatchAsync(actor, route, call, chain, static _ => true, ct))!;

    /// <summary>Sends inside the turn. A broken way is tried again, on another instance when the first has left.</summary>
    private async Task<ActorReply> SendAsync(ActorEntry entry, string route, ActorCall call, string? chain, CancellationToken ct)
    {
        var policies = _app.Scope.Policies.Actor(entry.Key.Type);
        var builtIn = _app.Scope.Policies.BuiltInActor;
        for (int attempt = 1; ; attempt++)
        {
            var host = Place(entry);
            using var scope = CancellationTokenSource.CreateLinkedTokenSource(ct, host.Gone);
            try
            {
                return await policies.Turn(entry.Key.Id).ExecuteAsync(
                    (Host: host, Path: Path(entry.Key) + "/" + route, Call: call, Chain: chain),
                    static (s, token) => new ValueTask<ActorReply>(SendAsync(s.Host, HttpMethod.Put, s.Path, s.Call, s.Chain, token)), scope.Token, Judge);
            }
            catch (Exception e) when (e is TimeoutException or CircuitOpenException)
            {
                throw ActorFaults.InvokeFailed($"actor {entry.Key}: {e.Message}");
            }
            catch (Exception e) when (!ct.IsCancellationRequested && (e is HttpRequestException || host.Gone.IsCancellationRequested))
            {
                // Whoever set policies for the type has said how often to try.
                bool last = host.Gone.IsCancellationRequested ? attempt == MostPlaces : !policies.IsNone || !builtIn.Covers(Verdict.Failure, attempt - 1);
                if (last) throw ActorFaults.InvokeFailed($"actor {entry.Key} cannot be reached at {host.Channel!.BaseAddress}: {e.Message}");
                if (host.Gone.IsCancellationRequested) Sleep(entry);
                else await Task.Delay(builtIn.Pause(attempt, Random.Shared.NextDouble()), _clock, ct);
            }
        }
    }

    private static async Task<ActorReply> SendAsync(AppInstance host, HttpMethod verb, string path, ActorCall call, string? chain, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(verb, new Uri(path, UriKind.Relative));
        if (verb == HttpMethod.Put)
        {
            request.Content = new ReadOnlyMemoryContent(call.Body);
            if (call.ContentType is not null) request.Content.Headers.TryAddWithoutValidation("Content-Type", call.ContentType);
        }

        foreach (var (name, value) in call.Headers)
        {
            if (!name.Equals(ActorCall.ChainHeader, StringComparison.OrdinalIgnoreCase)) request.Headers.TryAddWithoutValidation(name, value);
        }

        if (chain is not null) request.Headers.TryAddWithoutValidation(ActorCall.ChainHeader, chain);
        using var response = await host.Channel!.SendAsync(request, ct);
        byte[] body = await response.Content.ReadAsByteArrayAsync(ct);
        return new ActorReply((int)response.StatusCode, body, response.Content.Headers.ContentType?.ToString(), Pass(response.Headers));
    }

    private static Verdict Judge(ActorReply reply) => reply.IsAppError ? Verdict.Success : Verdict.Http(reply.Status);

    /// <summary>As they came, unread: what an app says to its caller is not for the sidecar to judge.</summary>
    private static List<KeyValuePair<string, string>> Pass(HttpResponseHeaders headers)
    {
        List<KeyValuePair<string, string>> passed = [];
        foreach (var (name, values) in headers.NonValidated)
        {
            if (PassedHeaders.Passes(name)) passed.Add(KeyValuePair.Create(name, values.ToString()));
        }

        return passed;
    }

    /// <summary>The instance of the actor; where it sleeps or its instance has left, it is placed anew.</summary>
    private AppInstance Place(ActorEntry entry)
    {
        if (entry.Host is { } host)
        {
            // A nested call stays with its turn, even while the instance leaves.
            if (_hosts.Keeps(entry.Key, host) || (entry.Turns.IsNested && !host.Gone.IsCancellationRequested)) return host;
            Sleep(entry);
        }

        host = _hosts.Pick(entry.Key) ?? throw ActorFaults.NoAddress(entry.Key);
        entry.Host = host;
        return host;
    }

    private static void Sleep(ActorEntry entry)
    {
        lock (entry.Timers)
        {
            foreach (var timer in entry.Timers.Values) timer.Stop();
            entry.Timers.Clear();
        }

        entry.Host = null;
    }

    private void ScheduleIdleScan()
    {
        if (_idleScan is not null || _hosts.ScanInterval is not { } interval) return;
        _idleScan = _timers.Schedule(_clock.GetUtcNow() + interval, () => _ = ScanIdleAsync());
    }

    private async Task ScanIdleAsync()
    {
        try
        {
            foreach (var entry in _table.Active().Where(IsIdle)) await DeactivateAsync(entry.Key, IsOverdue, _stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return;
        }

        _idleScan = null;
        if (!_stop.IsCancellationRequested) ScheduleIdleScan();
    }

    private bool IsIdle(ActorEntry entry) => entry.Holders == 0 && IsOverdue(entry);

    private bool IsOverdue(ActorEntry entry) =>
        _hosts.Settings(entry.Key.Type) is { } settings && _clock.GetUtcNow() - entry.LastUsed >= settings.IdleTimeout;

    /// <summary>Deactivates an actor in a turn of its own, if it still should be.</summary>
    private async Task DeactivateAsync(ActorKey actor, Func<ActorEntry, bool> still, CancellationToken ct)
    {
        var entry = _table.Hold(actor);
        try
        {
            await entry.Turns.EnterAsync(chain: null, int.MaxValue, ct);
            try
            {
                if (entry.Host is not { } host || !still(entry)) return;
                if (!host.Gone.IsCancellationRequested)
                {
                    var reply = await SendAsync(host, HttpMethod.Delete, Path(actor), ActorCall.Json(default), chain: null, ct);
                    if (!reply.IsSuccess && reply.Status != StatusCodes.Status404NotFound) LogNotDeactivated(_log, actor, Describe(reply));
                }

                Sleep(entry);
            }
            catch (HttpRequestException e)
            {
                LogNotDeactivated(_log, actor, e.Message);
            }
            finally
            {
                entry.Turns.Exit();
            }
        }
        finally
        {
            _table.Release(entry);
        }
    }

    private static string Path(ActorKey actor) => $"actors/{Uri.EscapeDataString(actor.Type)}/{Uri.EscapeDataString(actor.Id)}";

    private async Task<IReadOnlyDictionary<string, ActorTypeSettings>> ReadConfigAsync(AppChannel channel, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("dapr/config", UriKind.Relative));
        try
        {
            using var response = await channel.SendAsync(request, ct);
            if (!response.IsSuccessStatusCode) return new Dictionary<string, ActorTypeSettings>();
            byte[] body = await response.Content.ReadAsByteArrayAsync(ct);
            return body.Length == 0 ? new Dictionary<string, ActorTypeSettings>() : ActorHostConfig.Parse(body);
        }
        catch (Exception e) when (e is HttpRequestException or System.Text.Json.JsonException or FormatException)
        {
            LogBadConfig(_log, _app.AppId, e.Message);
            return new Dictionary<string, ActorTypeSettings>();
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "App {AppId} hosts actors, but no state store in its scope has actorStateStore: \"true\"; they stay unreachable.")]
    private static partial void LogNoStore(ILogger log, string appId);

    [LoggerMessage(2, LogLevel.Error, "GET /dapr/config of app {AppId} failed, so it hosts no actors: {Fault}")]
    private static partial void LogBadConfig(ILogger log, string appId, string fault);

    [LoggerMessage(3, LogLevel.Warning, "Actor {Actor} could not be deactivated: {Fault}")]
    private static partial void LogNotDeactivated(ILogger log, ActorKey actor, string fault);
}
