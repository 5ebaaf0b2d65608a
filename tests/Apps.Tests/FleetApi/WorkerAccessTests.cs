using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SkyDriver.Apps.Tests.Api;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Hosting.Auth;

namespace SkyDriver.Apps.Tests.FleetApi;

/// <summary>What the fleet lets workers do while authentication is on. Batch <c>b1</c> has execution 1500, which is worker 7's.</summary>
public sealed class WorkerAccessTests : IAsyncLifetime
{
    private readonly FleetService service = new();
    private readonly string storage = Path.GetTempFileName();
    private readonly TokenKey key = new("r1", "RS256");
    private OpenIdProvider provider = null!;
    private WebApplication guarded = null!;
    private HttpClient http = null!;

    private WorkerTokens Tokens => guarded.Services.GetRequiredService<WorkerTokens>();

    public async ValueTask InitializeAsync()
    {
        await service.InitializeAsync();
        await service.ResetAsync();
        provider = await OpenIdProvider.StartAsync();
        provider.Publish(key);
        guarded = service.Guarded($"SKYDRIVER_AUTH_ISSUER={provider.Issuer}", "SKYDRIVER_WORKER_KEY=0123456789abcdef0123456789abcdef", $"SKYDRIVER_FLEET_STORAGE_CONFIG={storage}");
        await guarded.StartAsync();
        http = new() { BaseAddress = new(guarded.Urls.Single()) };
        service.Answers["b1.Heartbeat"] = _ => new HeartbeatAnswersV1([FleetAnswer.Ok(Samples.Reply(7))]);
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        key.Dispose();
        await guarded.DisposeAsync();
        await provider.DisposeAsync();
        await service.DisposeAsync();
        File.Delete(storage);
    }

    [Fact]
    public async Task Worker_WithTheTokenOfItsBatch_DeclaresItselfAndSpeaksForItselfFromThenOn()
    {
        JsonElement row = await OkAsync("POST", "/workers", """{"name": "w", "concurrency": 1, "batch": "b1"}""", Tokens.Mint("b1"));
        string own = row.GetProperty("token").GetString()!;
        JsonElement reply = await OkAsync("PUT", "/workers/7/heartbeat", """{"batch": "b1"}""", own);
        Assert.False(reply.TryGetProperty("token", out _));
        await OkAsync("PUT", "/executions/1500", """{"status": "running"}""", own);
        await OkAsync("PUT", "/executions/1500/output", """{"text": "hello"}""", own);
        await OkAsync("PUT", "/tasks/1001/freeze/1500", "{}", own);
        await OkAsync("PUT", "/workers/7", """{"status": "evicted"}""", own);
    }

    [Fact]
    public async Task Worker_ThatWasMoved_IsGivenATokenForItsNewBatch()
    {
        service.Answers["b1.Heartbeat"] = _ => new HeartbeatAnswersV1([FleetAnswer.Ok(Samples.Reply(7, "a batch.of@mine"))]);
        JsonElement reply = await OkAsync("PUT", "/workers/7/heartbeat", """{"batch": "b1"}""", Tokens.Mint("b1", 7));
        WorkerPass? pass = Tokens.Judge(reply.GetProperty("token").GetString()!);
        Assert.Equal(("a batch.of@mine", 7), (pass?.ScanId, pass?.Worker));
    }

    [Theory]
    [InlineData("POST", "/workers", """{"name": "w", "concurrency": 1, "batch": "b2"}""")]
    [InlineData("POST", "/workers", """{"name": "w", "concurrency": 1, "batch": "b1", "permanent": true}""")]
    [InlineData("PUT", "/workers/8/heartbeat", """{"batch": "b1"}""")]
    [InlineData("PUT", "/workers/8", """{"status": "paused"}""")]
    [InlineData("PUT", "/workers/7", """{"status": "paused", "batch": "b2"}""")]
    [InlineData("PUT", "/workers/7", """{"status": "failed"}""")]
    [InlineData("PUT", "/executions/1501", """{"status": "running"}""")]
    [InlineData("PUT", "/executions/1501/output", """{"text": "x"}""")]
    [InlineData("PUT", "/executions/1501/error", """{"text": "x"}""")]
    [InlineData("PUT", "/tasks/1001/freeze/1501", "{}")]
    [InlineData("GET", "/tasks", null)]
    [InlineData("POST", "/tasks", """{"command": "x"}""")]
    [InlineData("GET", "/workers", null)]
    [InlineData("DELETE", "/workers/7", null)]
    [InlineData("POST", "/workers/7/signals", """{"signal": -1}""")]
    [InlineData("GET", "/config/rclone", null)]
    public async Task Worker_WithItsOwnToken_DoesNothingElse(string method, string path, string? body)
    {
        service.Answers["b1.GetExecution"] = request => FleetAnswer.Ok(Samples.Execution(((GetExecutionV1)request!).ExecutionId) with { WorkerId = ((GetExecutionV1)request).ExecutionId == 1500 ? 7 : 8 });
        var (status, answer) = await CallAsync(method, path, body, Tokens.Mint("b1", 7));
        Assert.True(status is HttpStatusCode.Forbidden, $"{status} {answer}");
        Assert.All(service.Notes, note => Assert.StartsWith("b1.GetExecution", note));
    }

    [Fact]
    public async Task Worker_WithTheTokenOfItsBatchOnly_SpeaksForNobody()
    {
        foreach ((string path, string body) in new[] { ("/workers/7/heartbeat", """{"batch": "b1"}"""), ("/executions/1500", """{"status": "running"}"""), ("/executions/1500/output", """{"text": "x"}""") })
            Assert.Equal(HttpStatusCode.Forbidden, (await CallAsync("PUT", path, body, Tokens.Mint("b1"))).Status);
        // A row that was found by its launcher's name may serve another batch by now.
        service.Answers["fleet.DeclareWorker"] = _ => FleetAnswer.Ok(Samples.Worker(9, "b2"));
        var (status, answer) = await CallAsync("POST", "/workers", """{"name": "w", "concurrency": 1, "batch": "b1"}""", Tokens.Mint("b1"));
        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.DoesNotContain("skw1.", answer);
    }

    [Fact]
    public async Task StorageConfiguration_ToAnInternalCaller_IsTheFile()
    {
        await File.WriteAllTextAsync(storage, "[site]\nsecret = x\n");
        var (status, text) = await CallAsync("GET", "/config/rclone", null, Person("internal"));
        Assert.Equal((HttpStatusCode.OK, "[site]\nsecret = x\n"), (status, text));
        Assert.Equal(HttpStatusCode.Forbidden, (await CallAsync("GET", "/config/rclone", null, Person("user"))).Status);
    }

    private string Person(string role)
    {
        JsonObject claims = provider.Claims();
        if (role == "internal") claims["skydriver_role"] = "system";
        return key.Sign(claims);
    }

    private async Task<JsonElement> OkAsync(string method, string path, string body, string token)
    {
        var (status, text) = await CallAsync(method, path, body, token);
        Assert.True((int)status is 200 or 201, $"{method} {path}: {status} {text}");
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    private async Task<(HttpStatusCode Status, string Text)> CallAsync(string method, string path, string? body, string token)
    {
        using HttpRequestMessage request = new(new(method), path);
        request.Headers.Authorization = new("Bearer", token);
        if (body is not null) request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await http.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
