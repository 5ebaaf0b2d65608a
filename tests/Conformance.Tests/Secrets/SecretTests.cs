using Grpc.Core;

namespace SkyDriver.Conformance.Tests.Secrets;

/// <summary>Secrets of the environment and of files, and who may not read them.</summary>
public sealed class SecretTests(DaprTarget target) : Suite(target)
{
    [Theory]
    [BothProtocols("secrets-env", "WORD", "xyzzy"), BothProtocols("secrets-file", "plain", "a secret"), BothProtocols("secrets-file", "group:user", "somebody")]
    public async Task Get_KnownSecret_GivesItUnderItsName(Protocol protocol, string store, string key, string value) =>
        Assert.Equal(value, Assert.Single(await Dapr(protocol).GetSecretAsync(store, key), s => s.Key == key).Value);

    [Theory, BothProtocols]
    public async Task Get_SecretOfSeveralValues_GivesThemAll(Protocol protocol)
    {
        IReadOnlyDictionary<string, string> group = await Dapr(protocol).GetSecretAsync("secrets-grouped", "group");
        Assert.Equal([("password", "told nobody"), ("user", "somebody")], group.OrderBy(s => s.Key).Select(s => (s.Key, s.Value)));
    }

    [Theory, BothProtocols]
    public Task Get_UnknownSecret_IsRefused(Protocol protocol) =>
        DaprRefusal.ExpectAsync(() => Dapr(protocol).GetSecretAsync("secrets-file", "nothing"), 500, "ERR_SECRET_GET", StatusCode.Internal);

    [Theory, BothProtocols]
    public Task Get_UnknownStore_IsRefused(Protocol protocol) =>
        DaprRefusal.ExpectAsync(() => Dapr(protocol).GetSecretAsync("no-such-store", "plain"), 401, "ERR_SECRET_STORE_NOT_FOUND", StatusCode.InvalidArgument);

    [Theory, BothProtocols]
    public Task Get_SecretDeniedByTheConfiguration_IsRefused(Protocol protocol) =>
        DaprRefusal.ExpectAsync(() => Dapr(protocol).GetSecretAsync("secrets-file", "forbidden"), 403, "ERR_PERMISSION_DENIED", StatusCode.PermissionDenied);

    [Theory, BothProtocols]
    public async Task GetBulk_Store_GivesAllButTheDenied(Protocol protocol)
    {
        IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> all = await Dapr(protocol).GetBulkSecretAsync("secrets-file");
        Assert.Equal("a secret", all["plain"]["plain"]);
        Assert.Equal("told nobody", all["group:password"]["group:password"]);
        Assert.DoesNotContain("forbidden", all.Keys);
    }

    [Theory, BothProtocols]
    public async Task GetBulk_Environment_GivesThoseOfThePrefix(Protocol protocol)
    {
        IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> all = await Dapr(protocol).GetBulkSecretAsync("secrets-env");
        Assert.Equal("xyzzy", all["WORD"]["WORD"]);
        Assert.DoesNotContain("PATH", all.Keys);
    }

    [Fact]
    public async Task Sdk_GetSecret_GivesIt() => Assert.Equal("a secret", (await Target.Client.GetSecretAsync("secrets-file", "plain"))["plain"]);
}
