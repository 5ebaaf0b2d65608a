using System.Net;

namespace SkyDriver.Components.Tests.Embedded;

public sealed class SecretStoreTests
{
    [Fact]
    public async Task Secrets_OfAPluggableStore_AreReadByAppsAndByOtherComponents()
    {
        await using EmbeddedSidecar sidecar = new();
        List<string> calls = [];
        await using ComponentHost component = await sidecar.ServeAsync("vault", b => b.Add(_ => new FixedSecrets()).Add(c => new EchoBinding(c.Name, calls)));
        await sidecar.With("secrets", "secretstores.vault").WithYaml("""
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: out }
            spec:
              type: bindings.vault
              version: v1
              metadata: [{ name: size, secretKeyRef: { name: database, key: password } }]
            auth: { secretStore: secrets }
            """).StartAsync();
        Assert.Equal(["init out p"], calls);
        Assert.Equal("""{"user":"u","password":"p"}""", (await sidecar.SendAsync("GET", "/v1.0/secrets/secrets/database")).Body);
        Assert.Equal("""{"database":{"user":"u","password":"p"},"token":{"token":"t"}}""", (await sidecar.SendAsync("GET", "/v1.0/secrets/secrets/bulk")).Body);
        (HttpStatusCode status, string told, _) = await sidecar.SendAsync("GET", "/v1.0/secrets/secrets/none");
        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.Contains("ERR_SECRET_GET", told);
        Assert.Equal(HttpStatusCode.Unauthorized, (await sidecar.SendAsync("GET", "/v1.0/secrets/other/none")).Status);
    }

    [Theory]
    [InlineData("defaultAccess: deny, allowedSecrets: [token]", "token", 200)]
    [InlineData("defaultAccess: deny, allowedSecrets: [token]", "database", 403)]
    [InlineData("defaultAccess: deny", "token", 403)]
    [InlineData("deniedSecrets: [database]", "token", 200)]
    [InlineData("defaultAccess: allow, deniedSecrets: [database]", "database", 403)]
    [InlineData("allowedSecrets: [token]", "database", 403)]
    public async Task Secrets_Scopes_DecideWhoReadsWhat(string scope, string name, int expected)
    {
        await using EmbeddedSidecar sidecar = new();
        await using ComponentHost component = await sidecar.ServeAsync("vault", b => b.Add(_ => new FixedSecrets()));
        await sidecar.With("secrets", "secretstores.vault").WithYaml($$"""
            apiVersion: dapr.io/v1alpha1
            kind: Configuration
            metadata: { name: c }
            spec: { secrets: { scopes: [{ storeName: secrets, {{scope}} }] } }
            """).StartAsync();
        (HttpStatusCode status, string told, _) = await sidecar.SendAsync("GET", $"/v1.0/secrets/secrets/{name}");
        Assert.Equal((HttpStatusCode)expected, status);
        Assert.Equal(expected == 403, told.Contains("ERR_PERMISSION_DENIED"));
        (_, string all, _) = await sidecar.SendAsync("GET", "/v1.0/secrets/secrets/bulk");
        Assert.Equal(expected == 200, all.Contains($"\"{name}\":"));
    }
}
