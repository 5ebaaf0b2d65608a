using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using SkyDriver.Api;
using SkyDriver.Hosting;

namespace SkyDriver.Apps.Tests.Api;

/// <summary>Who may come in, against a real provider with real keys.</summary>
public sealed class AuthTests : ApiHarness, IAsyncLifetime
{
    private readonly TokenKey rsa = new("r1", "RS256"), curve = new("e1", "ES256"), stranger = new("r1", "RS256");
    private OpenIdProvider provider = null!;
    private WebApplication guarded = null!;

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        provider = await OpenIdProvider.StartAsync();
        provider.Publish(rsa);
        provider.Publish(curve);
        guarded = BuildApp($"SKYDRIVER_AUTH_ISSUER={provider.Issuer}");
        await guarded.StartAsync();
        Http.Dispose();
        Http = new HttpClient { BaseAddress = new(guarded.Urls.Single()) };
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await guarded.DisposeAsync();
        await provider.DisposeAsync();
        foreach (TokenKey key in new[] { rsa, curve, stranger }) key.Dispose();
        await DisposeAsync();
    }

    [Fact]
    public async Task Get_GoodTokenOfEachKey_ComesIn()
    {
        await OkAsync(HttpMethod.Get, "/", null, Bearer(rsa.Sign(provider.Claims())));
        await OkAsync(HttpMethod.Get, "/", null, Bearer(curve.Sign(provider.Claims())));
        Assert.InRange(provider.Asked, 1, 2);
        JsonElement who = await OkAsync(HttpMethod.Get, "/.well-known/oauth-protected-resource");
        Assert.Equal(provider.Issuer, who.GetProperty("authorization_servers")[0].GetString());
    }

    [Theory]
    [InlineData("RS384")]
    [InlineData("RS512")]
    [InlineData("PS256")]
    [InlineData("PS512")]
    [InlineData("ES384")]
    [InlineData("ES512")]
    public async Task Get_OtherAlgorithms_ComeIn(string algorithm)
    {
        using TokenKey key = new("other", algorithm);
        provider.Publish(key);
        await OkAsync(HttpMethod.Get, "/", null, Bearer(key.Sign(provider.Claims())));
    }

    [Fact]
    public async Task Get_NoToken_IsAskedForOne()
    {
        var (response, _) = await SendAsync(HttpMethod.Get, "/");
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
        Assert.Equal("authentication failed: a bearer token is needed", response.ReasonPhrase);
        await RefusedAsync(HttpStatusCode.Unauthorized, HttpMethod.Get, "/", null, ("Authorization", "Basic YWRhOmh1bnRlcjI="));
        await RefusedAsync(HttpStatusCode.NotFound, HttpMethod.Get, "/nowhere");
        foreach (string open in new[] { "/healthz/live", "/healthz/ready" }) await OkAsync(HttpMethod.Get, open);
    }

    public static TheoryData<string, string> BadTokens => new()
    {
        { "text", "the token is malformed" },
        { "two parts", "the token is malformed" },
        { "not base64", "the token is malformed" },
        { "header is a list", "the token is malformed" },
        { "no algorithm", "the token is malformed" },
        { "critical extension", "the token is malformed" },
        { "expiry is text", "the token is malformed" },
        { "very long", "the token is malformed" },
        { "none", "the token's signature is not the provider's" },
        { "none, spelt NoNe", "the token's signature is not the provider's" },
        { "public key as secret", "the token's signature is not the provider's" },
        { "RSA key, ES256", "the token's signature is not the provider's" },
        { "stranger's key", "the token's signature is not the provider's" },
        { "changed claims", "the token's signature is not the provider's" },
        { "no signature", "the token's signature is not the provider's" },
        { "unknown key", "the token's signature is not the provider's" },
        { "expired", "the token has expired" },
        { "no expiry", "the token does not say when it expires" },
        { "of tomorrow", "the token is not valid yet" },
        { "other audience", "the token is for another audience" },
        { "no audience", "the token is for another audience" },
        { "other issuer", "the token is from another issuer" },
    };

    [Theory]
    [MemberData(nameof(BadTokens))]
    public async Task Get_BadToken_IsRefusedAndNothingOfItIsRepeated(string what, string expected)
    {
        string token = Bad(what);
        var (response, body) = await SendAsync(HttpMethod.Get, "/", null, Bearer(token));
        Assert.Equal((HttpStatusCode.Unauthorized, "Bearer error=\"invalid_token\""), (response.StatusCode, response.Headers.WwwAuthenticate.ToString()));
        Assert.Equal($"authentication failed: {expected}", body.GetProperty("error").GetString());
        foreach (string part in token.Split('.').Where(p => p.Length > 8)) Assert.DoesNotContain(part, Log.Text + body.GetRawText() + response.ReasonPhrase);
        Assert.Empty(Dapr.Keys);
    }

    private string Bad(string what)
    {
        JsonObject claims = provider.Claims(), header = new() { ["alg"] = "RS256", ["kid"] = "r1" };
        string good = rsa.Sign(claims);
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        switch (what)
        {
            case "text": return "hunter2-secret";
            case "two parts": return good[..good.LastIndexOf('.')];
            case "not base64": return "!!!!!!!!!!." + good[(good.IndexOf('.') + 1)..];
            case "header is a list": return Base64Url.EncodeToString("[\"RS256\"]"u8) + good[good.IndexOf('.')..];
            case "no algorithm": header.Remove("alg"); return rsa.Sign(claims, header);
            case "critical extension": header["crit"] = new JsonArray("exp"); return rsa.Sign(claims, header);
            case "expiry is text": claims["exp"] = "never"; return rsa.Sign(claims);
            case "very long": claims["filler"] = new string('x', 20_000); return rsa.Sign(claims);
            case "none": header["alg"] = "none"; return TokenKey.Content(header, claims) + ".";
            case "none, spelt NoNe": header["alg"] = "NoNe"; return TokenKey.Content(header, claims) + ".";
            case "public key as secret":
                header["alg"] = "HS256";
                string content = TokenKey.Content(header, claims);
                return $"{content}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.ASCII.GetBytes(rsa.PublicPem), Encoding.ASCII.GetBytes(content)))}";
            case "RSA key, ES256": header["alg"] = "ES256"; return rsa.Sign(claims, header);
            case "stranger's key": return stranger.Sign(claims);
            case "changed claims":
                JsonObject changed = provider.Claims();
                changed["sub"] = "somebody else";
                return $"{TokenKey.Content(new() { ["alg"] = "RS256", ["kid"] = "r1", ["typ"] = "JWT" }, changed)}{good[good.LastIndexOf('.')..]}";
            case "no signature": return good[..(good.LastIndexOf('.') + 1)];
            case "unknown key": header["kid"] = "r9"; return rsa.Sign(claims, header);
            case "expired": claims["exp"] = now - 61; return rsa.Sign(claims);
            case "no expiry": claims.Remove("exp"); return rsa.Sign(claims);
            case "of tomorrow": claims["nbf"] = now + 86400; return rsa.Sign(claims);
            case "other audience": claims["aud"] = new JsonArray("somebody", "else"); return rsa.Sign(claims);
            case "no audience": claims.Remove("aud"); return rsa.Sign(claims);
            case "other issuer": claims["iss"] = "https://elsewhere.invalid"; return rsa.Sign(claims);
            default: throw new ArgumentException(what);
        }
    }

    [Fact]
    public async Task Get_ClocksApartByLessThanTheSkew_ComesIn()
    {
        JsonObject claims = provider.Claims();
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        claims["exp"] = now - 30;
        await OkAsync(HttpMethod.Get, "/", null, Bearer(rsa.Sign(claims)));
        claims["exp"] = now + 600.5;
        claims["nbf"] = now + 30;
        claims["aud"] = new JsonArray("account", "skydriver");
        await OkAsync(HttpMethod.Get, "/", null, Bearer(rsa.Sign(claims)));
    }

    public static TheoryData<string, bool, bool> Roles => new()
    {
        { """{"groups": ["/institutions/IceCube"]}""", true, false },
        { """{"groups": ["/tokens", "/institutions/IceCube/UW"]}""", true, false },
        { """{"groups": ["/old/institutions/IceCube"]}""", false, false },
        { """{"groups": "/institutions/IceCubeX"}""", true, false },
        { """{"groups": [7, null]}""", false, false },
        { """{"resource_access": {"skydriver-external": {"roles": ["users"]}}}""", true, false },
        { """{"resource_access": {"skydriver-external": {"roles": ["superusers"]}}}""", false, false },
        { """{"resource_access": {"skydriver-internal": {"roles": ["system"]}}}""", false, true },
        { """{"resource_access": "users"}""", false, false },
        { """{"skydriver_role": "system"}""", false, true },
        { """{"skydriver_role": "user"}""", false, false },
        { """{"skydriver_role": "system", "groups": ["/institutions/IceCube"]}""", true, true },
        { "{}", false, false },
    };

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task Request_ByRole_IsLetInOrNot(string extra, bool user, bool scanner)
    {
        JsonObject claims = provider.Claims();
        claims.Remove("groups");
        foreach (var (name, value) in JsonNode.Parse(extra)!.AsObject()) claims[name] = value?.DeepClone();
        (string, string) token = Bearer(rsa.Sign(claims));
        Assert.Equal(user ? HttpStatusCode.OK : HttpStatusCode.Forbidden, (await SendAsync(HttpMethod.Get, "/", null, token)).Response.StatusCode);
        Assert.Equal(scanner ? HttpStatusCode.NotFound : HttpStatusCode.Forbidden, (await SendAsync(HttpMethod.Patch, "/scan/abc/manifest", "{}", token)).Response.StatusCode);
        Assert.Equal(user || scanner ? HttpStatusCode.NotFound : HttpStatusCode.Forbidden, (await SendAsync(HttpMethod.Get, "/scan/abc/status", null, token)).Response.StatusCode);
        if (!user && !scanner) Assert.Equal("authorization failed", await RefusedAsync(HttpStatusCode.Forbidden, HttpMethod.Get, "/", null, token));
    }

    [Fact]
    public async Task Keys_Rotated_NewOnesAreFoundAndWithdrawnOnesGo()
    {
        (string, string) old = Bearer(rsa.Sign(provider.Claims()));
        await OkAsync(HttpMethod.Get, "/", null, old);
        using TokenKey next = new("r2", "RS256");
        provider.Publish(next);
        provider.Withdraw(rsa);
        (string, string) token = Bearer(next.Sign(provider.Claims()));
        // Anybody can name an unknown key: the provider is not asked for each.
        int asked = provider.Asked;
        await RefusedAsync(HttpStatusCode.Unauthorized, HttpMethod.Get, "/", null, token);
        Assert.Equal(asked, provider.Asked);
        Clock.Advance(TimeSpan.FromSeconds(31));
        await OkAsync(HttpMethod.Get, "/", null, token);
        await RefusedAsync(HttpStatusCode.Unauthorized, HttpMethod.Get, "/", null, old);
    }

    [Fact]
    public async Task Provider_Away_KnownKeysCountForADay()
    {
        JsonObject claims = provider.Claims();
        claims["exp"] = DateTimeOffset.UtcNow.AddDays(3).ToUnixTimeSeconds();
        (string, string) token = Bearer(rsa.Sign(claims));
        await OkAsync(HttpMethod.Get, "/", null, token);
        provider.IsAway = true;
        Clock.Advance(TimeSpan.FromHours(2));
        await OkAsync(HttpMethod.Get, "/", null, token);
        Clock.Advance(TimeSpan.FromHours(23));
        Assert.Equal("the identity provider does not answer; try again", await RefusedAsync(HttpStatusCode.ServiceUnavailable, HttpMethod.Get, "/", null, token));
        provider.IsAway = false;
        Clock.Advance(TimeSpan.FromMinutes(1));
        await OkAsync(HttpMethod.Get, "/", null, token);
    }

    [Fact]
    public async Task Provider_WithAnotherName_IsNotTrusted()
    {
        provider.ClaimedIssuer = "https://elsewhere.invalid";
        await RefusedAsync(HttpStatusCode.ServiceUnavailable, HttpMethod.Get, "/", null, Bearer(rsa.Sign(provider.Claims())));
    }

    [Fact]
    public async Task Manifest_ForTheScansOwnPrograms_HasTheEventAndIsNeverRedirected()
    {
        JsonObject claims = provider.Claims();
        claims.Remove("groups");
        claims["skydriver_role"] = "system";
        (string, string) person = Bearer(rsa.Sign(provider.Claims())), scanner = Bearer(rsa.Sign(claims));
        string id = (await OkAsync(HttpMethod.Post, "/scan", GoodLaunch().ToJsonString(), person)).GetProperty("scan_id").GetString()!;
        Assert.Equal(JsonValueKind.String, (await OkAsync(HttpMethod.Get, $"/scan/{id}/manifest", null, person)).GetProperty("event_i3live_json_dict").ValueKind);
        Assert.Equal(JsonValueKind.Object, (await OkAsync(HttpMethod.Get, $"/scan/{id}/manifest", null, scanner)).GetProperty("event_i3live_json_dict").ValueKind);
        await OkAsync(HttpMethod.Post, $"/scan/{id}/actions/rescan", """{"replace_scan": true, "abort_first": true}""", person);
        Assert.True((await OkAsync(HttpMethod.Get, $"/scan/{id}/status", null, scanner)).GetProperty("is_deleted").GetBoolean());
    }

    [Fact]
    public async Task Launch_SameBodyOfTwoPeople_IsTwoScans()
    {
        JsonObject other = provider.Claims();
        other["sub"] = "grace";
        string[] ids = [await LaunchAsync(provider.Claims()), await LaunchAsync(other), await LaunchAsync(provider.Claims())];
        Assert.Equal(ids[0], ids[2]);
        Assert.NotEqual(ids[0], ids[1]);

        async Task<string> LaunchAsync(JsonObject claims) =>
            (await OkAsync(HttpMethod.Post, "/scan", GoodLaunch().ToJsonString(), Bearer(curve.Sign(claims)))).GetProperty("scan_id").GetString()!;
    }

    [Fact]
    public void Service_WithoutAProvider_SaysLoudlyThatEverybodyMayDoEverything() => Assert.Contains("Warning: AUTHENTICATION IS OFF", Log.Text);

    [Theory]
    [InlineData("SKYDRIVER_AUTH_ISSUER=http://elsewhere.invalid", "must be the https address")]
    [InlineData("SKYDRIVER_AUTH_ISSUER=nonsense", "must be the https address")]
    [InlineData("SKYDRIVER_ALLOW_ANONYMOUS=yes", "SKYDRIVER_ALLOW_ANONYMOUS is 'yes'; give 'true' or 'false'")]
    [InlineData("SKYDRIVER_AUTH_ROLES=king groups x", "rule 1 must be")]
    [InlineData("SKYDRIVER_AUTH_ROLES=user groups (", "rule 1 must be")]
    [InlineData("SKYDRIVER_AUTH_ROLES=user groups a; internal b", "rule 2 must be")]
    public void Settings_Wrong_AreRefusedAtStart(string setting, string expected) =>
        Assert.Contains(expected, Assert.Throws<SettingsException>(() => BuildApp(setting)).Message);

    [Fact]
    public void Settings_ProviderAndAnonymous_AreRefusedTogether() =>
        Assert.Contains("unset one of them", Assert.Throws<SettingsException>(() => BuildApp($"SKYDRIVER_AUTH_ISSUER={provider.Issuer}", "SKYDRIVER_ALLOW_ANONYMOUS=true")).Message);

    [Theory]
    [InlineData("http://*:0")]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://[::]:0")]
    public async Task Service_WithoutAProviderBeyondTheLoopback_StartsOnlyWhereThatIsMeant(string address)
    {
        await using WebApplication refused = Listening(address, "SKYDRIVER_ALLOW_ANONYMOUS=false"), meant = Listening(address, "SKYDRIVER_ALLOW_ANONYMOUS=true"), closed = Listening(address, $"SKYDRIVER_AUTH_ISSUER={provider.Issuer}");
        Assert.Contains("set SKYDRIVER_ALLOW_ANONYMOUS=true if that is meant", (await Assert.ThrowsAsync<SettingsException>(() => refused.StartAsync())).Message);
        await meant.StartAsync();
        await closed.StartAsync();
    }

    [Theory]
    [InlineData("http://127.0.0.1:0")]
    [InlineData("http://127.0.0.2:0")]
    [InlineData("http://[::1]:0")]
    public async Task Service_WithoutAProviderOnTheLoopback_Starts(string address)
    {
        Assert.SkipWhen(address.Contains("::1", StringComparison.Ordinal) && !System.Net.Sockets.Socket.OSSupportsIPv6, "this machine has no IPv6");
        await using WebApplication app = Listening(address);
        await app.StartAsync();
    }

    [Fact]
    public async Task Program_WithoutAProviderBeyondTheLoopback_EndsAsForAnyWrongSetting() => Assert.Equal(2, await SkyDriverHost
        .RunAsync(["--urls=http://*:0", "--DAPR_HTTP_ENDPOINT=http://127.0.0.1:9", "--DAPR_GRPC_ENDPOINT=http://127.0.0.1:9"], builder => builder.AddApi(), app => app.MapApi()).WaitAsync(TimeSpan.FromMinutes(1)));

    private WebApplication Listening(string address, params string[] settings)
    {
        WebApplication app = BuildApp(settings);
        app.Urls.Clear();
        app.Urls.Add(address);
        return app;
    }

    private static (string, string) Bearer(string token) => ("Authorization", $"Bearer {token}");
}
