using System.Text.Json;
using Microsoft.AspNetCore.Http;
using SkyDriver.Contracts;
using SkyDriver.Testing.Loopback;
using static SkyDriver.Testing.Loopback.LoopbackService;

namespace SkyDriver.Integration.Tests;

/// <summary>The commands that look after a service's scans, against a service double.</summary>
public sealed class ServiceCommandTests : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private LoopbackService service = null!;

    public async ValueTask InitializeAsync() => service = await StartAsync();

    public async ValueTask DisposeAsync()
    {
        await service.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task List_TableForPeopleAndOneDocumentALine()
    {
        ScanManifest scan = Manifest("s1") with { Priority = 7, EventMetadata = new(140001, 77123, "", 61003.5, true), Timestamp = 1_795_233_600 };
        service.On("POST", "/scans/find", Json($$"""{"manifests": [{{Text(scan)}}, {{Text(Manifest("s2"))}}]}"""));
        (int exitCode, string table, string errors) = await RunAsync("scan", "list", "--run", "140001", "--limit", "2");
        Assert.True(exitCode == 0, errors);
        string row = table.Split('\n').Single(l => l.Contains("s1"));
        foreach (string cell in new[] { "140001", "77123", "2026-11-21 04:00:00", "PENDING__PRESTARTUP" }) Assert.Contains(cell, row);
        using JsonDocument asked = JsonDocument.Parse(service.Asked[0].Body);
        Assert.Equal(140001, asked.RootElement.GetProperty("filter").GetProperty("event_metadata.run_id").GetInt64());
        Assert.Equal("-timestamp", asked.RootElement.GetProperty("sort").GetString());

        (_, string lines, _) = await RunAsync("scan", "list", "--jsonl");
        Assert.Equal(["s1", "s2"], lines.Trim().Split('\n').Select(l => JsonDocument.Parse(l).RootElement.GetProperty("scan_id").GetString()));
        (_, string array, _) = await RunAsync("scan", "list", "--json");
        Assert.Equal(2, JsonDocument.Parse(array).RootElement.GetArrayLength());
    }

    [Fact]
    public async Task Show_FailedScan_SaysWhy()
    {
        service.On("GET", "/scan/s1/status", Json("""{"scan_state": "FAILED__PRESTARTUP", "is_deleted": false, "ewms_deactivated": null, "scan_complete": false, "failure": "no quota at sub-2"}"""))
            .On("GET", "/scan/s1/manifest", Json(Text(Manifest("s1"))));
        (int exitCode, string output, string errors) = await RunAsync("scan", "show", "s1");
        Assert.True(exitCode == 0, errors);
        Assert.Contains("FAILED__PRESTARTUP", output);
        Assert.Contains("no quota at sub-2", output);
    }

    [Fact]
    public async Task Actions_AskTheService()
    {
        service.On("DELETE", "/scan/manifest/*", Json(Text(Manifest("s1")))).On("POST", "/scan/s1/actions/rescan", Json(Text(Manifest("s2"))))
            .On("POST", "/scan/s1/actions/add-workers", Json("""{"taskforce_uuid": "u", "n_workers": 3}"""))
            .On("GET", "/scan/s1/logs", Json("""{"scanner_server": {"url": "https://logs.example.org/s1", "text": "first line"}}"""));
        Assert.Equal(0, (await RunAsync("scan", "abort", "s1", "s9")).ExitCode);
        Assert.Equal("s2\n", (await RunAsync("scan", "rescan", "s1", "--abort-first")).Output);
        Assert.Equal(0, (await RunAsync("scan", "add-workers", "s1", "3", "--cluster", "sub-2")).ExitCode);
        Assert.Equal("first line\nThe scanner's own log: https://logs.example.org/s1\n", (await RunAsync("scan", "logs", "s1")).Output);
        Assert.Equal(["/scan/manifest/s1", "/scan/manifest/s9"], service.Asked.Take(2).Select(a => a.Path));
        Assert.Equal("""{"abort_first":true,"replace_scan":false}""", service.Asked[2].Body);
        Assert.Equal("""{"n_workers":3,"cluster_location":"sub-2"}""", service.Asked[3].Body);
    }

    [Fact]
    public async Task Watch_ConnectionLostInBetween_GoesOnAndEndsWithTheScan()
    {
        ScanManifest done = Manifest("s1") with { Complete = true, Lifecycle = new() { Phase = ScanPhase.Done, HasFinalResult = true } };
        service.On("GET", "/scan/s1/manifest", Json(Text(Manifest("s1"))), Break, Json(Text(done)));
        (int exitCode, string output, string errors) = await RunAsync("scan", "watch", "s1");
        Assert.True(exitCode == 0, errors);
        Assert.Equal("s1 SCAN_HAS_FINAL_RESULT\n", output);
        Assert.Contains("connection lost, trying again", errors);
    }

    [Fact]
    public async Task Watch_ScanFails_ExitCodeOneAndWhy()
    {
        service.On("GET", "/scan/s1/manifest", Json(Text(Manifest("s1") with { Complete = true, Lifecycle = new() { Phase = ScanPhase.Failed, Failure = "no quota" } })));
        (int exitCode, string output, string errors) = await RunAsync("scan", "watch", "s1", "--jsonl");
        Assert.Equal(1, exitCode);
        Assert.Contains("no quota", errors);
        Assert.Equal("FAILED__PRESTARTUP", JsonDocument.Parse(output).RootElement.GetProperty("scan_state").GetString());
    }

    [Fact]
    public async Task Events_OfAScan_OneALineUntilItEnds()
    {
        service.On("GET", "/scan/s1/events", async (context, _) =>
        {
            context.Response.ContentType = "text/event-stream";
            foreach ((int id, string kind) in new[] { (4, "phase"), (5, "ended") }) await context.Response.WriteAsync($"id: {id}\nevent: {kind}\ndata: {{\"scan_id\": \"s1\", \"kind\": \"{kind}\", \"phase\": \"done\"}}\n\n");
        });
        (int exitCode, string output, string errors) = await RunAsync("scan", "events", "s1", "--after", "3", "--jsonl");
        Assert.True(exitCode == 0, errors);
        Assert.Equal([4, 5], output.Trim().Split('\n').Select(l => JsonDocument.Parse(l).RootElement.GetProperty("id").GetInt32()));
        Assert.Equal("3", service.Asked[0].Header("Last-Event-ID"));
    }

    [Fact]
    public async Task Result_AsDocument_IsWhatTheServiceSent()
    {
        const string Document = """{"scan_id": "s1", "skyscan_result": {"nside-8": {"data": [[0, "nan"]]}}, "is_final": true}""";
        service.On("GET", "/scan/s1/result", Json(Document)).On("GET", "/scan/s2/result", Json("{}"));
        Assert.Equal((0, Document + "\n"), (await RunAsync("scan", "result", "s1", "--json")) is var (code, output, _) ? (code, output) : default);
        (int exitCode, _, string errors) = await RunAsync("scan", "result", "s2", "--out", folder["none"]);
        Assert.Equal(4, exitCode);
        Assert.Contains("no result yet", errors);
    }

    [Theory]
    [InlineData(400, 2)]
    [InlineData(401, 3)]
    [InlineData(403, 3)]
    [InlineData(404, 4)]
    [InlineData(418, 1)]
    public async Task ExitCodes_AreFixed(int status, int expected)
    {
        service.On("GET", "/scan/s1/status", Error(status, "said by the service"));
        (int exitCode, _, string errors) = await RunAsync("scan", "show", "s1");
        Assert.Equal(expected, exitCode);
        Assert.Contains("said by the service", errors);
    }

    [Fact]
    public async Task RunDetached_PrintsTheScanIdOnly()
    {
        service.On("POST", "/scan", Json(Text(Manifest("s1"))));
        (int exitCode, string output, string errors) = await RunAsync("scan", "run", Path.Combine(TestPaths.Repository, "examples", "track.json"), "--server", service.Address.ToString(), "--detach", "--priority", "100", "--cluster", "sub-2");
        Assert.True(exitCode == 0, errors);
        Assert.Equal("s1\n", output);
        using JsonDocument body = JsonDocument.Parse(service.Asked.Single().Body);
        Assert.Equal(100, body.RootElement.GetProperty("priority").GetInt32());
        Assert.Equal("sub-2", body.RootElement.GetProperty("request_clusters")[0][0].GetString());
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Completion_ScriptAsksTheProgram(string shell) => Assert.Contains("[suggest:", (await RunAsync("completion", shell)).Output);

    [Fact]
    public async Task Completion_InBash_CompletesCommands()
    {
        string program = Path.Combine(TestPaths.Repository, "artifacts", "bin", "SkyDriver.Cli", "release");
        string script = $"PATH={program}:$PATH; source <(skydriver completion bash); COMP_WORDS=(skydriver scan wat); COMP_CWORD=2; COMP_LINE='skydriver scan wat'; COMP_POINT=18; _skydriver; echo \"${{COMPREPLY[@]}}\"";
        using System.Diagnostics.Process bash = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("bash", ["-c", script]) { RedirectStandardOutput = true })!;
        Assert.Equal("watch", (await bash.StandardOutput.ReadToEndAsync()).Trim());
        await bash.WaitForExitAsync();
    }

    [Fact]
    public async Task Login_DeviceGrantWithPkce_TokenIsKeptPrivateUsedAndRenewed()
    {
        string issuer = service.Address.ToString().TrimEnd('/') + "/realm";
        string challenge = "", verifier = "";
        int asked = 0;
        service.On("GET", "/realm/.well-known/openid-configuration", Json($$"""{"issuer": "{{issuer}}", "token_endpoint": "{{issuer}}/token", "device_authorization_endpoint": "{{issuer}}/device"}"""))
            .On("POST", "/realm/device", (context, call) =>
            {
                Assert.Equal("S256", Form(call)["code_challenge_method"]);
                challenge = Form(call)["code_challenge"];
                return Json("""{"device_code": "dev", "user_code": "ABCD-EFGH", "verification_uri": "https://keys.example.org/device", "expires_in": 60, "interval": 1}""")(context, call);
            })
            .On("POST", "/realm/token", (context, call) =>
            {
                if (Form(call)["grant_type"] == "refresh_token") return (Form(call)["refresh_token"] == "refresh-1" ? Json("""{"access_token": "access-2", "refresh_token": "refresh-2", "expires_in": 300}""") : Error(400, "invalid_grant"))(context, call);
                verifier = Form(call)["code_verifier"];
                return (++asked == 1 ? Error(400, "authorization_pending") : Json("""{"access_token": "access-1", "refresh_token": "refresh-1", "expires_in": 300}"""))(context, call);
            })
            .On("GET", "/scan/s1/logs", (context, call) => (call.Header("Authorization") == "Bearer access-2" ? Json("""{"scanner_server": {"url": null, "text": "seen"}}""") : Error(401, "authentication failed"))(context, call));
        (int exitCode, string output, string errors) = await RunAsync("login", "--issuer", issuer);
        Assert.True(exitCode == 0, errors);
        Assert.Contains("ABCD-EFGH", errors);
        Assert.DoesNotContain("access-1", output + errors);
        Assert.Equal(challenge, System.Buffers.Text.Base64Url.EncodeToString(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(verifier))));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder["credentials.json"]));

        // The first token is refused, so the refresh token is used and its successor kept.
        Assert.Equal("seen\n", (await RunAsync("scan", "logs", "s1")).Output);
        Assert.Contains("refresh-2", await File.ReadAllTextAsync(folder["credentials.json"]));
        Assert.Equal(0, (await RunAsync("logout")).ExitCode);
        Assert.Equal(3, (await RunAsync("scan", "logs", "s1")).ExitCode);
    }

    [Fact]
    public async Task Login_ProviderIsSomeoneElse_IsRefused()
    {
        service.On("GET", "/.well-known/openid-configuration", Json("""{"issuer": "https://evil.example.org"}"""));
        (int exitCode, _, string errors) = await RunAsync("login", "--issuer", service.Address.ToString());
        Assert.Equal(1, exitCode);
        Assert.Contains("calls itself", errors);
        Assert.Equal(2, (await RunAsync("login", "--issuer", "http://keys.example.org")).ExitCode);
    }

    private async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using SkyDriverProcess process = SkyDriverProcess.Start(
            [new("SKYDRIVER_SERVER", service.Address.ToString()), new("SKYDRIVER_CREDENTIALS", folder["credentials.json"]), new("SKYDRIVER_TOKEN", "")], arguments);
        int exitCode = await process.ExitAsync();
        return (exitCode, process.Output, process.Errors);
    }

    private static ScanManifest Manifest(string id) => new() { ScanId = id };

    private static string Text(ScanManifest manifest) => JsonSerializer.Serialize(manifest, ContractJson.Options);

    private static Dictionary<string, string> Form(Asked call) => call.Body.Split('&').Select(p => p.Split('=')).ToDictionary(p => p[0], p => Uri.UnescapeDataString(p[1].Replace('+', ' ')));
}
