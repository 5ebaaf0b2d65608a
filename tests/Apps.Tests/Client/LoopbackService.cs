using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SkyDriver.Testing.Loopback;

/// <summary>What a loopback service was asked.</summary>
internal sealed record Asked(string Method, string Path, string Query, string Body, IReadOnlyDictionary<string, string> Headers)
{
    public string Line => $"{Method} {Path}{Query}";

    public string? Header(string name) => Headers.GetValueOrDefault(name.ToLowerInvariant());
}

/// <summary>A service on loopback that answers as the test says, and remembers what it was asked.</summary>
internal sealed class LoopbackService : IAsyncDisposable
{
    private readonly List<(string Method, string Path, Queue<Func<HttpContext, Asked, Task>> Answers)> _routes = [];
    private readonly List<Asked> _asked = [];
    private readonly WebApplication _server;

    private LoopbackService()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.Run(AnswerAsync);
    }

    public Uri Address => new(_server.Urls.First() + "/");

    public IReadOnlyList<Asked> Asked
    {
        get
        {
            lock (_asked) return [.. _asked];
        }
    }

    public static async Task<LoopbackService> StartAsync()
    {
        LoopbackService service = new();
        await service._server.StartAsync();
        return service;
    }

    public Task StopAsync() => _server.StopAsync(new CancellationToken(canceled: true));

    /// <summary>Answers of a route, in turn; the last one is repeated. A path ending in <c>*</c> stands for all that begin so.</summary>
    public LoopbackService On(string method, string path, params Func<HttpContext, Asked, Task>[] answers)
    {
        lock (_asked) _routes.Insert(0, (method, path, new(answers)));
        return this;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    public static Func<HttpContext, Asked, Task> Json(string json) => (context, _) =>
    {
        context.Response.ContentType = "application/json; charset=UTF-8";
        return context.Response.WriteAsync(json);
    };

    public static Func<HttpContext, Asked, Task> Error(int status, string reason, string? retryAfter = null) => (context, _) =>
    {
        context.Response.StatusCode = status;
        if (retryAfter is not null) context.Response.Headers.RetryAfter = retryAfter;
        return context.Response.WriteAsJsonAsync(new { code = status, error = reason });
    };

    public static Func<HttpContext, Asked, Task> Break { get; } = (context, _) =>
    {
        context.Abort();
        return Task.CompletedTask;
    };

    public static Func<HttpContext, Asked, Task> NeverAnswer { get; } = (context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted);

    private async Task AnswerAsync(HttpContext context)
    {
        using StreamReader body = new(context.Request.Body);
        HttpRequest request = context.Request;
        Asked asked = new(request.Method, request.Path, request.QueryString.ToString(), await body.ReadToEndAsync(), request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString()));
        Func<HttpContext, Asked, Task>? answer = null;
        lock (_asked)
        {
            _asked.Add(asked);
            foreach ((string method, string path, Queue<Func<HttpContext, Asked, Task>> answers) in _routes)
            {
                if (method != asked.Method || !(path.EndsWith('*') ? asked.Path.StartsWith(path[..^1], StringComparison.Ordinal) : asked.Path == path)) continue;
                answer = answers.Count > 1 ? answers.Dequeue() : answers.Peek();
                break;
            }
        }

        await (answer ?? Error(404, $"the test has no {asked.Method} {asked.Path}"))(context, asked);
    }
}
