using SkyDriver.Testing.Loopback;
using static SkyDriver.Testing.Loopback.LoopbackService;

namespace SkyDriver.Integration.Tests;

/// <summary><c>skydriver login</c> and <c>logout</c> against a provider and a service that are doubles.</summary>
public sealed class LoginCommandTests : ServiceDoubleTests
{
    [Fact]
    public async Task Login_DeviceGrantWithPkce_TokenIsKeptPrivateUsedAndRenewed()
    {
        string issuer = Service.Address.ToString().TrimEnd('/') + "/realm";
        string challenge = "", verifier = "";
        int asked = 0;
        Service.On("GET", "/realm/.well-known/openid-configuration", Json($$"""{"issuer": "{{issuer}}", "token_endpoint": "{{issuer}}/token", "device_authorization_endpoint": "{{issuer}}/device"}"""))
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
        Service.On("GET", "/.well-known/oauth-protected-resource", Json($$"""{"resource": "{{Service.Address}}", "authorization_servers": ["{{issuer}}"]}"""));
        (int exitCode, string output, string errors) = await RunAsync("login");
        Assert.True(exitCode == 0, errors);
        Assert.Contains("ABCD-EFGH", errors);
        Assert.DoesNotContain("access-1", output + errors);
        Assert.Equal(challenge, System.Buffers.Text.Base64Url.EncodeToString(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(verifier))));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Folder["credentials.json"]));

        // The first token is refused, so the refresh token is used and its successor kept.
        Assert.Equal("seen\n", (await RunAsync("scan", "logs", "s1")).Output);
        Assert.Contains("refresh-2", await File.ReadAllTextAsync(Folder["credentials.json"]));

        // A second command renewed it meanwhile; this one's refresh token is used up, and it takes what the other left.
        string kept = await File.ReadAllTextAsync(Folder["credentials.json"]);
        Service.On("POST", "/realm/token", async (context, call) =>
        {
            await File.WriteAllTextAsync(Folder["credentials.json"], kept);
            await Error(400, "invalid_grant")(context, call);
        });
        await File.WriteAllTextAsync(Folder["credentials.json"], kept.Replace("access-2", "access-1", StringComparison.Ordinal));
        Assert.Equal("seen\n", (await RunAsync("scan", "logs", "s1")).Output);
        Assert.Equal(0, (await RunAsync("logout")).ExitCode);
        Assert.Equal(3, (await RunAsync("scan", "logs", "s1")).ExitCode);
    }

    [Fact]
    public async Task Login_ServiceNamesNoProvider_AsksForOne()
    {
        Service.On("GET", "/.well-known/oauth-protected-resource", Error(404, "authentication is off; nobody needs to log in"));
        (int exitCode, _, string errors) = await RunAsync("login");
        Assert.Equal(2, exitCode);
        Assert.Contains("names no OpenID provider", errors);
    }

    [Fact]
    public async Task Login_ProviderIsSomeoneElse_IsRefused()
    {
        Service.On("GET", "/.well-known/openid-configuration", Json("""{"issuer": "https://evil.example.org"}"""));
        (int exitCode, _, string errors) = await RunAsync("login", "--issuer", Service.Address.ToString());
        Assert.Equal(1, exitCode);
        Assert.Contains("calls itself", errors);
        Assert.Equal(2, (await RunAsync("login", "--issuer", "http://keys.example.org")).ExitCode);
    }

    private static Dictionary<string, string> Form(Asked call) => call.Body.Split('&').Select(p => p.Split('=')).ToDictionary(p => p[0], p => Uri.UnescapeDataString(p[1].Replace('+', ' ')));
}
