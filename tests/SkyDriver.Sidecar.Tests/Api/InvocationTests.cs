using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Common;
using SkyDriver.Grpc.Protos.Runtime;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Tests.Hosting;

namespace SkyDriver.Sidecar.Tests.Api;

public sealed class InvocationTests
{
    private readonly ConcurrentQueue<string> _seen = new();

    [Theory]
    [InlineData("GET", "/v1.0/invoke/callee/method/a/b%2Fc?x=1&y=%20", "/a/b%2Fc?x=1&y=%20")]
    [InlineData("PUT", "/v1.0/invoke/callee.default/method/", "/")]
    [InlineData("PATCH", "/v1.0//invoke/callee/method/a", "/a")]
    [InlineData("GET", "/v1.0/invoke/callee/method//127.0.0.1:1/x", "//127.0.0.1:1/x")]
    [InlineData("GET", "/v1.0/invoke/callee/method/http://127.0.0.1:1/x", "/http://127.0.0.1:1/x")]
    [InlineData("DELETE", "/v1.0/invoke/callee/method/v1.0/invoke/x/method/y", "/v1.0/invoke/x/method/y")]
    public async Task Http_AnyVerbAndPath_ReachesTheApp(string verb, string path, string target)
    {
        await using TestHost host = new();
        using HttpClient http = await StartAsync(host, EchoAsync);
        using HttpResponseMessage response = await http.SendAsync(new(new HttpMethod(verb), path));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal($"{verb} {target}", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Http_ByHeader_ReachesTheAppUnderItsOwnPath()
    {
        await using TestHost host = new();
        using HttpClient http = await StartAsync(host, EchoAsync);
        using HttpRequestMessage named = new(HttpMethod.Get, "/orders?id=5") { Headers = { { "dapr-app-id", "callee" } } };
        using HttpRequestMessage basic = new(HttpMethod.Get, "/orders") { Headers = { Authorization = new("Basic", Convert.ToBase64String("dapr-app-id:callee"u8)) } };
        Assert.Equal("GET /orders?id=5", await (await http.SendAsync(named)).Content.ReadAsStringAsync());
        Assert.Equal("GET /orders", await (await http.SendAsync(basic)).Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Http_Headers_PassBothWaysButThoseOfAConnection()
    {
        await using TestHost host = new();
        IHeaderDictionary got = new HeaderDictionary();
        using HttpClient http = await StartAsync(host, async context =>
        {
            foreach (var (name, value) in context.Request.Headers) got[name] = value;
            context.Response.StatusCode = 418;
            context.Response.Headers["X-Answer"] = new(["1", "2"]);
            context.Response.Headers.Connection = "X-Hop";
            context.Response.Headers["X-Hop"] = "y";
            context.Response.Headers.Trailer = "X-Late";
            await context.Response.WriteAsync("tea");
            context.Response.AppendTrailer("X-Late", "z");
        });
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1.0/invoke/callee/method/m") { Content = new StringContent("body", Encoding.UTF8, "text/x-own") };
        request.Headers.Add("X-Own", ["a", "b"]);
        request.Headers.Add("dapr-caller-app-id", "somebody-else");
        request.Headers.Add("dapr-api-token", "mine");
        request.Headers.Add("Connection", "X-Gone");
        request.Headers.Add("X-Gone", "x");
        using HttpResponseMessage response = await http.SendAsync(request);
        Assert.Equal((418, "tea"), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
        Assert.Equal(["1", "2"], response.Headers.GetValues("X-Answer"));
        Assert.False(response.Headers.Contains("X-Hop") || response.TrailingHeaders.Contains("X-Late"));
        Assert.Equal("a,b", got["X-Own"].ToString().Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal(("caller", "callee", "text/x-own; charset=utf-8"), (got["dapr-caller-app-id"].ToString(), got["dapr-callee-app-id"].ToString(), got.ContentType.ToString()));
        Assert.False(got.ContainsKey("dapr-api-token") || got.ContainsKey("X-Gone"));
    }

    [Fact]
    public async Task Http_LargeBodies_ArePassedOnWhileTheyCome()
    {
        await using TestHost host = new();
        using HttpClient http = await StartAsync(host, async context =>
        {
            // Answers each piece before the next one is sent: nothing in between may wait for the end.
            byte[] piece = new byte[1024];
            context.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
            for (int read; (read = await context.Request.Body.ReadAsync(piece)) > 0;)
            {
                await context.Response.Body.WriteAsync(piece.AsMemory(0, read));
                await context.Response.Body.FlushAsync();
            }
        });
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(60));
        using TurnByTurn body = new();
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1.0/invoke/callee/method/m") { Content = body };
        request.Headers.TransferEncodingChunked = true;
        using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using Stream answer = await response.Content.ReadAsStreamAsync();
        for (byte turn = 0; turn < 3; turn++)
        {
            byte[] got = new byte[1];
            await answer.ReadExactlyAsync(got, deadline.Token);
            Assert.Equal(turn, got[0]);
            body.Next();
        }

        Assert.Equal(0, await answer.ReadAsync(new byte[1], deadline.Token));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Http_BodyBeyondTheLimit_IsRefused(bool chunked)
    {
        await using TestHost host = new();
        using HttpClient http = await StartAsync(host, async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            await context.Response.WriteAsync("got it");
        });
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1.0/invoke/callee/method/m") { Content = new ByteArrayContent(new byte[(4 << 20) + 1]) };
        request.Headers.TransferEncodingChunked = chunked;
        request.Headers.ExpectContinue = true;   // Otherwise the refusal may meet a connection that is still being written to.
        using HttpResponseMessage response = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task Http_NobodyThere_IsADirectInvokeError()
    {
        await using TestHost host = new();
        using HttpClient http = await StartAsync(host, EchoAsync);
        using HttpResponseMessage response = await http.GetAsync("/v1.0/invoke/nobody/method/m");
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Contains("ERR_DIRECT_INVOKE", await response.Content.ReadAsStringAsync());
        using HttpResponseMessage nameless = await http.GetAsync("/v1.0/invoke//method/m");
        Assert.Equal(HttpStatusCode.NotFound, nameless.StatusCode);
    }

    [Fact]
    public async Task Http_AppBreaksOff_IsADirectInvokeErrorAfterTheBuiltInRetries()
    {
        await using TestHost host = new(Resiliency("retries: { DaprBuiltInServiceRetries: { policy: constant, duration: 1ms, maxRetries: 5 } }", ""));
        using HttpClient http = await StartAsync(host, context =>
        {
            _seen.Enqueue("x");
            context.Abort();
            return Task.CompletedTask;
        });
        using HttpResponseMessage response = await http.GetAsync("/v1.0/invoke/callee/method/m");
        Assert.Contains("ERR_DIRECT_INVOKE", await response.Content.ReadAsStringAsync());
        Assert.Equal(6, _seen.Count);
    }

    [Fact]
    public async Task Http_AppAnswersWithAFailure_IsNotRepeatedByTheBuiltInRetries()
    {
        await using TestHost host = new();
        using HttpClient http = await StartAsync(host, context => RefuseAsync(context, 503));
        using HttpResponseMessage response = await http.GetAsync("/v1.0/invoke/callee/method/m");
        Assert.Equal((503, 1), ((int)response.StatusCode, _seen.Count));
    }

    [Fact]
    public async Task Http_RetryPolicy_RepeatsWithTheSameBody()
    {
        await using TestHost host = new(Resiliency(
            "retries: { often: { policy: constant, duration: 1ms, maxRetries: 5, matching: { httpStatusCodes: '500-599' } } }", "apps: { callee: { retry: often } }"));
        using HttpClient http = await StartAsync(host, async context =>
        {
            using StreamReader reader = new(context.Request.Body);
            _seen.Enqueue(await reader.ReadToEndAsync());
            context.Response.StatusCode = _seen.Count < 3 ? 503 : 404;
        });
        using HttpResponseMessage response = await http.PostAsync("/v1.0/invoke/callee/method/m", new StringContent("again"));
        Assert.Equal(404, (int)response.StatusCode);
        Assert.Equal(["again", "again", "again"], _seen);
    }

    [Fact]
    public async Task Http_TimeoutPolicyAndBreaker_EndTheCall()
    {
        await using TestHost host = new(Resiliency(
            "timeouts: { short: 50ms }\n    circuitBreakers: { one: { trip: consecutiveFailures >= 1, timeout: 1h } }", "apps: { callee: { timeout: short, circuitBreaker: one } }"));
        using HttpClient http = await StartAsync(host, context =>
        {
            _seen.Enqueue("x");
            return Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        using HttpResponseMessage late = await http.GetAsync("/v1.0/invoke/callee/method/m");
        Assert.Contains("timeout", await late.Content.ReadAsStringAsync());
        using HttpResponseMessage refused = await http.GetAsync("/v1.0/invoke/callee/method/m");
        Assert.Contains("circuit breaker is open", await refused.Content.ReadAsStringAsync());
        Assert.Equal((500, 500, 1), ((int)late.StatusCode, (int)refused.StatusCode, _seen.Count));
    }

    [Fact]
    public async Task Http_MaxConcurrency_HoldsUntilTheAnswerIsRead()
    {
        await using TestHost host = new();
        int at = 0, most = 0;
        using SemaphoreSlim go = new(0);
        using HttpClient http = await StartAsync(
            host,
            async context =>
            {
                await context.Response.StartAsync();
                most = Math.Max(most, Interlocked.Increment(ref at));
                await go.WaitAsync(context.RequestAborted);
                Interlocked.Decrement(ref at);
            },
            new InstanceSettings { AppId = "callee", AppMaxConcurrency = 2 });
        Task<HttpResponseMessage>[] calls = [.. Enumerable.Range(0, 6).Select(_ => http.GetAsync("/v1.0/invoke/callee/method/m"))];
        for (int i = 0; i < 6; i++)
        {
            await TestHost.UntilAsync(() => Task.FromResult(Volatile.Read(ref at) == Math.Min(2, 6 - i)));
            go.Release();
            int done = i + 1;
            await TestHost.UntilAsync(() => Task.FromResult(calls.Count(c => c.IsCompleted) >= done));
        }

        foreach (Task<HttpResponseMessage> call in calls) (await call).Dispose();
        Assert.Equal(2, most);
    }

    [Fact]
    public async Task Grpc_Invoke_PassesVerbQueryDataAndMetadata()
    {
        await using TestHost host = new();
        string metadata = "";
        using HttpClient _ = await StartAsync(host, async context =>
        {
            metadata = $"{context.Request.Headers["x-own"]} {context.Request.Headers["dapr-caller-app-id"]} {context.Request.ContentType}";
            await EchoAsync(context);
        });
        using GrpcConnection grpc = new($"http://127.0.0.1:{_caller!.GrpcPort}", new() { Headers = new Dictionary<string, string> { ["x-own"] = "1" } });
        InvokeResponse answer = await InvokeAsync(grpc, "callee", HttpExtension.Types.Verb.Put, "a=b", "{}");
        Assert.Equal("PUT /m?a=b", answer.Data.Value.ToStringUtf8());
        Assert.Equal("1 caller application/json", metadata);
    }

    [Theory]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(404, StatusCode.NotFound)]
    [InlineData(500, StatusCode.Unknown)]
    [InlineData(503, StatusCode.Unavailable)]
    public async Task Grpc_AppRefuses_IsAStatus(int status, StatusCode code)
    {
        await using TestHost host = new();
        using HttpClient _ = await StartAsync(host, context => RefuseAsync(context, status));
        using GrpcConnection grpc = new($"http://127.0.0.1:{_caller!.GrpcPort}");
        Assert.Equal(code, (await Assert.ThrowsAsync<RpcException>(() => InvokeAsync(grpc, "callee", HttpExtension.Types.Verb.Get, "", ""))).StatusCode);
        Assert.Equal(StatusCode.Internal, (await Assert.ThrowsAsync<RpcException>(() => InvokeAsync(grpc, "nobody", HttpExtension.Types.Verb.Get, "", ""))).StatusCode);
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => InvokeAsync(grpc, "", HttpExtension.Types.Verb.Get, "", ""))).StatusCode);
    }

    private RunningInstance? _caller;

    private static string Resiliency(string policies, string targets) =>
        $"apiVersion: dapr.io/v1alpha1\nkind: Resiliency\nmetadata: {{ name: r }}\nspec:\n  policies:\n    {policies}\n  targets:\n    {targets}\n";

    private async Task<HttpClient> StartAsync(TestHost host, RequestDelegate answer, InstanceSettings? callee = null)
    {
        callee ??= new InstanceSettings { AppId = "callee" };
        // What a sidecar asks at the start is not what these tests are about.
        int port = await host.ServeAsync(context => context.Request.Path.StartsWithSegments("/dapr") ? NotFoundAsync(context) : answer(context));
        await host.StartReadyAsync(callee with { AppPort = port });
        _caller = await host.StartReadyAsync(new InstanceSettings { AppId = "caller" });
        return host.Client(_caller);
    }

    private static Task<InvokeResponse> InvokeAsync(GrpcConnection grpc, string appId, HttpExtension.Types.Verb verb, string query, string data)
    {
        InvokeRequest message = new() { Method = "m", ContentType = "application/json", HttpExtension = new HttpExtension { Verb = verb, Querystring = query }, Data = new Any { Value = ByteString.CopyFromUtf8(data) } };
        return grpc.UnaryAsync("/dapr.proto.runtime.v1.Dapr/InvokeService", new InvokeServiceRequest { Id = appId, Message = message }, InvokeResponse.Parser);
    }

    private static Task EchoAsync(HttpContext context) => context.Response.WriteAsync($"{context.Request.Method} {context.Features.Get<IHttpRequestFeature>()!.RawTarget}");

    private static Task NotFoundAsync(HttpContext context)
    {
        context.Response.StatusCode = 404;
        return Task.CompletedTask;
    }

    private Task RefuseAsync(HttpContext context, int status)
    {
        _seen.Enqueue("x");
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    /// <summary>A body of three bytes that come when the test says so.</summary>
    private sealed class TurnByTurn : HttpContent
    {
        private readonly SemaphoreSlim _next = new(1);

        public void Next() => _next.Release();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            for (byte turn = 0; turn < 3; turn++)
            {
                await _next.WaitAsync();
                await stream.WriteAsync(new[] { turn });
                await stream.FlushAsync();
            }

            await _next.WaitAsync();
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
