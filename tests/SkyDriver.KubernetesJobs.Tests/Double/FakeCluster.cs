using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SkyDriver.KubernetesJobs.Tests.Double;

/// <summary>A request that the double got.</summary>
internal sealed record Seen(string Method, string Path, string Query, string Body, string? ContentType, string? Authorization);

/// <summary>
/// An API server on loopback that takes nothing it does not know: unknown fields, parameters, routes and credentials are refused and kept in
/// <see cref="Complaints"/>. Behind it stands <see cref="FakeController"/>, which does with Jobs what Kubernetes does.
/// </summary>
internal sealed class FakeCluster : IAsyncDisposable
{
    private static readonly string[] ListParameters = ["allowWatchBookmarks", "continue", "fieldSelector", "labelSelector", "limit", "resourceVersion", "timeoutSeconds", "watch"];

    /// <summary>Everything that is served, as rights.</summary>
    public static readonly string[] Rights =
    [
        "jobs create", "jobs get", "jobs list", "jobs watch", "jobs patch", "jobs delete", "jobs deletecollection",
        "pods list", "pods watch", "pods delete", "pods/log get", "events list", "events watch",
    ];

    private readonly Lock _lock = new();
    private readonly ObjectStore _store = new();
    private readonly ConcurrentQueue<Func<Seen, HttpContext, Task<bool>>> _faults = new();
    private readonly ConcurrentDictionary<TaskCompletionSource, bool> _watches = new();
    private WebApplication _app = null!;
    private TaskCompletionSource _change = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private FakeCluster() => Controller = new(_store);

    public FakeController Controller { get; }

    public ConcurrentQueue<Seen> Requests { get; } = new();

    /// <summary>What a real server would have refused with 400 or 422; empty at the end of a good test.</summary>
    public ConcurrentQueue<string> Complaints { get; } = new();

    public ConcurrentDictionary<string, bool> Tokens { get; } = new() { ["good-token"] = true };

    /// <summary>Rights that the launcher's account has not, although it could use them.</summary>
    public ConcurrentDictionary<string, bool> Denied { get; } = new();

    public ConcurrentDictionary<string, string> Logs { get; } = new();

    /// <summary>A watch from too old a version is told so by a status among the events instead of by HTTP.</summary>
    public bool SaysGoneInStream { get; set; }

    /// <summary>Most objects of one page.</summary>
    public int PageSize { get; set; } = 500;

    public int OpenWatches => _watches.Count;

    public Uri Address { get; private set; } = null!;

    public static async Task<FakeCluster> StartAsync(Action<ListenOptions>? listen = null)
    {
        FakeCluster cluster = new();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, o => listen?.Invoke(o)));
        cluster._app = builder.Build();
        cluster._app.Run(cluster.ServeAsync);
        await cluster._app.StartAsync();
        cluster.Address = new(cluster._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return cluster;
    }

    /// <summary>Looks at, or changes, what is in the cluster; watches are told.</summary>
    public T With<T>(Func<FakeController, T> look)
    {
        TaskCompletionSource changed;
        T found;
        lock (_lock)
        {
            found = look(Controller);
            (changed, _change) = (_change, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        changed.SetResult();
        return found;
    }

    public void With(Action<FakeController> change) => With(c =>
    {
        change(c);
        return true;
    });

    /// <summary>The next request that fits is answered so, once.</summary>
    public void FailOnce(string method, string path, int status, string? retryAfter = null, string message = "not now") => Intercept(method, path, async (_, context) =>
    {
        if (retryAfter is not null) context.Response.Headers.RetryAfter = retryAfter;
        await RefuseAsync(context, status, message);
        return true;
    });

    /// <summary>The next request that fits loses its connection, before or after it was carried out.</summary>
    public void DropOnce(string method, string path, bool isDone) => Intercept(method, path, async (seen, context) =>
    {
        if (isDone) await RouteAsync(seen, context, HttpContextStandIn(context));
        context.Abort();
        return true;
    });

    /// <summary>The next request that fits is carried out, and its answer held back until the task ends.</summary>
    public void HoldAnswerOnce(string method, string path, TaskCompletionSource arrived, Task until) => Intercept(method, path, async (seen, context) =>
    {
        await RouteAsync(seen, context, HttpContextStandIn(context));
        arrived.TrySetResult();
        await until.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        context.Abort();
        return true;
    });

    public void DropWatches()
    {
        foreach (TaskCompletionSource watch in _watches.Keys) watch.TrySetResult();
    }

    /// <summary>The version reached, told to all watches that asked for such.</summary>
    public void SendBookmarks() => With(c => c.Bookmark());

    /// <summary>History is forgotten, so that open watches are cut and old versions are too old.</summary>
    public void Compact()
    {
        With(_ => _store.Compact());
        DropWatches();
    }

    public async ValueTask DisposeAsync()
    {
        DropWatches();
        await _app.DisposeAsync();
    }

    private void Intercept(string method, string path, Func<Seen, HttpContext, Task<bool>> answer) =>
        _faults.Enqueue((seen, context) => seen.Method == method && seen.Path.Contains(path, StringComparison.Ordinal) ? answer(seen, context) : Task.FromResult(false));

    private async Task ServeAsync(HttpContext context)
    {
        using StreamReader reader = new(context.Request.Body);
        Seen seen = new(context.Request.Method, context.Request.Path, context.Request.QueryString.Value ?? "", await reader.ReadToEndAsync(), context.Request.ContentType, context.Request.Headers.Authorization);
        Requests.Enqueue(seen);
        if (seen.Authorization?.Split(' ') is not ["Bearer", { } token] || !Tokens.ContainsKey(token))
        {
            await RefuseAsync(context, 401, "Unauthorized");
            return;
        }

        for (int i = _faults.Count; i > 0 && _faults.TryDequeue(out var fault); i--)
        {
            if (await fault(seen, context)) return;
            _faults.Enqueue(fault);
        }

        await RouteAsync(seen, context, context.Response);
    }

    private async Task RouteAsync(Seen seen, HttpContext context, HttpResponse response)
    {
        string[] path = seen.Path.Trim('/').Split('/');
        IQueryCollection query = context.Request.Query;
        if (Right(seen.Method, path[(Array.IndexOf(path, "namespaces") + 2)..], query["watch"] == "true") is var right && (Denied.ContainsKey(right) || !Rights.Contains(right)))
        {
            if (!Rights.Contains(right)) Complaints.Enqueue($"no right to {right}");
            await RefuseAsync(context, 403, $"cannot {right}");
            return;
        }

        Answer answer = path switch
        {
            ["apis", "batch", "v1", "namespaces", { } ns, "jobs", .. var rest] => Jobs(seen, ns, rest, query),
            ["api", "v1", "namespaces", { } ns, "pods", { } pod, "log"] when seen.Method == "GET" => Log(ns, pod, query),
            ["api", "v1", "namespaces", { } ns, "pods", { } pod] when seen.Method == "DELETE" => With(c => c.DeletePod(ns, pod)),
            ["api", "v1", "namespaces", { } ns, "pods"] when seen.Method == "GET" => List("pods", ns, query),
            ["api", "v1", "namespaces", { } ns, "events"] when seen.Method == "GET" => List("events", ns, query),
            _ => Answer.Refuse(404, $"the server could not find the requested resource {seen.Method} {seen.Path}"),
        };
        if (answer.Watch is { } watch) await WatchAsync(context, watch);
        else if (answer.Text is { } text) await response.WriteAsync(text);
        else
        {
            if (answer.Status is 400 or 404 or 422 && answer.IsComplaint) Complaints.Enqueue($"{seen.Method} {seen.Path}{seen.Query}: {answer.Body}");
            response.StatusCode = answer.Status;
            response.ContentType = "application/json";
            await response.WriteAsync(answer.Body!.ToJsonString());
        }
    }

    /// <param name="rest">From the kind of object on.</param>
    private static string Right(string method, string[] rest, bool isWatch)
    {
        string kind = rest is ["pods", _, "log"] ? "pods/log" : rest.FirstOrDefault() ?? "";
        string verb = (method, rest.Length > 1) switch
        {
            ("POST", _) => "create",
            ("PATCH", _) => "patch",
            ("DELETE", true) => "delete",
            ("DELETE", false) => "deletecollection",
            (_, true) => "get",
            _ => isWatch ? "watch" : "list",
        };
        return $"{kind} {verb}";
    }

    private Answer Jobs(Seen seen, string ns, string[] rest, IQueryCollection query) => (seen.Method, rest) switch
    {
        ("GET", []) => List("jobs", ns, query),
        ("POST", []) => Known(query, "fieldValidation") ?? With(c => c.CreateJob(ns, seen.Body)),
        ("DELETE", []) => Known(query, "labelSelector", "propagationPolicy") ?? With(c => c.DeleteJobs(ns, new(query["labelSelector"], null))),
        ("GET", [{ } name]) => With(c => c.ReadJob(ns, name)),
        ("PATCH", [{ } name]) when seen.ContentType is "application/merge-patch+json" or "application/merge-patch+json; charset=utf-8" => With(c => c.PatchJob(ns, name, seen.Body)),
        ("DELETE", [{ } name]) => Known(query, "propagationPolicy") ?? With(c => c.DeleteJob(ns, name, seen.Body)),
        _ => Answer.Refuse(404, $"{seen.Method} {seen.Path} ({seen.ContentType})"),
    };

    private static Answer? Known(IQueryCollection query, params string[] names) =>
        query.Keys.FirstOrDefault(k => !names.Contains(k)) is { } unknown ? Answer.Refuse(400, $"unknown parameter {unknown}") : null;

    private Answer Log(string ns, string pod, IQueryCollection query)
    {
        if (Known(query, "container", "tailLines", "limitBytes") is { } fault) return fault;
        if (With(c => c.Store.Find("pods", ns, pod)) is not { } found) return Answer.Absent("pods", pod);
        if (found["status"]?["phase"]?.GetValue<string>() == "Pending") return Answer.Refuse(400, $"container \"worker\" in pod \"{pod}\" is waiting to start: ContainerCreating", isComplaint: false);
        string[] lines = (Logs.GetValueOrDefault(pod) ?? "").Split('\n');
        int tail = int.Parse(query["tailLines"]!), count = lines[^1].Length == 0 ? lines.Length - 1 : lines.Length;
        return new(200, null, Text: string.Join('\n', lines.Skip(Math.Max(0, count - tail))));
    }

    private Answer List(string resource, string ns, IQueryCollection query)
    {
        if (Known(query, ListParameters) is { } fault) return fault;
        Selection selection = new(query["labelSelector"], query["fieldSelector"]);
        if (query["watch"] == "true") return new(200, null, Watch: new(resource, ns, selection, long.Parse(query["resourceVersion"]!), query["allowWatchBookmarks"] == "true"));
        int skip = int.TryParse(query["continue"], out int from) ? from : 0;
        int limit = Math.Min(PageSize, int.TryParse(query["limit"], out int asked) ? asked : int.MaxValue);
        return With(c =>
        {
            JsonObject[] all = [.. c.Store.All(resource, ns).Where(selection.Takes)];
            JsonObject metadata = new() { ["resourceVersion"] = $"{c.Store.Version}" };
            if (all.Length > skip + limit) metadata["continue"] = $"{skip + limit}";
            return new Answer(200, new() { ["kind"] = "List", ["apiVersion"] = "v1", ["metadata"] = metadata, ["items"] = new JsonArray([.. all.Skip(skip).Take(limit).Select(i => i.DeepClone())]) });
        });
    }

    private async Task WatchAsync(HttpContext context, WatchRequest watch)
    {
        long reached = watch.From;
        bool isGone = With(_ => reached < _store.CompactedTo);
        if (isGone && !SaysGoneInStream)
        {
            await RefuseAsync(context, 410, "too old resource version");
            return;
        }

        context.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
        context.Response.ContentType = "application/json";
        // Cut from within: the context must not be touched by others once its request is over.
        TaskCompletionSource cut = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _watches[cut] = true;
        try
        {
            if (isGone) await SendAsync(context, "ERROR", StatusObject(410, "too old resource version"));
            while (!isGone && !cut.Task.IsCompleted)
            {
                (Task change, StoredEvent[] events, long to, bool isBookmark) = Next(reached);
                foreach (StoredEvent told in events.Where(e => e.Resource == watch.Resource && e.Object["metadata"]!["namespace"]!.GetValue<string>() == watch.Namespace && watch.Selection.Takes(e.Object)))
                {
                    await SendAsync(context, told.Type, told.Object);
                }

                if (isBookmark && watch.WantsBookmarks && to > reached) await SendAsync(context, "BOOKMARK", Controller.BookmarkOf(watch.Resource, to));
                reached = to;
                await context.Response.Body.FlushAsync();
                await Task.WhenAny(change, cut.Task).WaitAsync(context.RequestAborted);
            }

            if (cut.Task.IsCompleted) context.Abort();
        }
        catch (OperationCanceledException)
        {
            // The watcher has left.
        }
        finally
        {
            _watches.TryRemove(cut, out _);
        }
    }

    private (Task Change, StoredEvent[] Events, long To, bool IsBookmark) Next(long reached)
    {
        lock (_lock) return (_change.Task, [.. _store.After(reached)], _store.Version, Controller.BookmarkedTo == _store.Version);
    }

    private static async Task SendAsync(HttpContext context, string type, JsonObject item) =>
        await context.Response.WriteAsync(new JsonObject { ["type"] = type, ["object"] = item.DeepClone() }.ToJsonString() + "\n");

    private static async Task RefuseAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(StatusObject(status, message).ToJsonString());
    }

    public static JsonObject StatusObject(int status, string message) =>
        new() { ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = status < 300 ? "Success" : "Failure", ["message"] = message, ["code"] = status };

    /// <summary>Takes an answer that nobody will see.</summary>
    private static HttpResponse HttpContextStandIn(HttpContext context) => new DefaultHttpContext { RequestServices = context.RequestServices }.Response;
}

internal sealed record WatchRequest(string Resource, string Namespace, Selection Selection, long From, bool WantsBookmarks);

internal sealed record Answer(int Status, JsonObject? Body, string? Text = null, WatchRequest? Watch = null, bool IsComplaint = true)
{
    public static Answer Refuse(int status, string message, bool isComplaint = true) => new(status, FakeCluster.StatusObject(status, message), IsComplaint: isComplaint);

    public static Answer Absent(string resource, string name) => Refuse(404, $"{resource} \"{name}\" not found", isComplaint: false);
}
