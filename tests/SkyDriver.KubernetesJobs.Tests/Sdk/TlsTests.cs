using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using k8s;
using k8s.Autorest;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using SkyDriver.KubernetesJobs.Tests.Double;

namespace SkyDriver.KubernetesJobs.Tests.Sdk;

/// <summary>Certificates both ways, on a server with an authority of the test's own.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kube-tls-");
    private readonly X509Certificate2 _authority = Authority("CN=test authority");

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Request_AuthorityOfTheFile_IsTrustedAndTheClientShowsItsCertificate()
    {
        using X509Certificate2 client = Leaf("CN=launcher", isServer: false);
        string? seen = null;
        await using FakeCluster cluster = await ServeAsync(mode: ClientCertificateMode.RequireCertificate, onClient: c => seen = c.Subject);
        using Kubernetes kubernetes = new(KubernetesClientConfiguration.BuildConfigFromConfigFile(Write(cluster.Address, _authority, client)));
        Assert.Empty((await kubernetes.BatchV1.ListNamespacedJobAsync("scans")).Items);
        Assert.Equal("CN=launcher", seen);
    }

    [Fact]
    public async Task Request_OtherAuthority_IsRefused()
    {
        using X509Certificate2 other = Authority("CN=another authority");
        await using FakeCluster cluster = await ServeAsync();
        using Kubernetes kubernetes = new(KubernetesClientConfiguration.BuildConfigFromConfigFile(Write(cluster.Address, other, null)));
        await Assert.ThrowsAsync<HttpRequestException>(() => kubernetes.BatchV1.ListNamespacedJobAsync("scans"));
        Assert.Empty(cluster.Requests);
    }

    [Theory]
    [InlineData("other.example.org", null, false)]
    [InlineData("other.example.org", "other.example.org", true)]
    [InlineData("127.0.0.1", null, true)]
    public async Task Request_ServerHasAnotherName_NeedsThatNameGiven(string serverName, string? expected, bool isTrusted)
    {
        await using FakeCluster cluster = await ServeAsync(serverName);
        KubernetesClientConfiguration config = KubernetesClientConfiguration.BuildConfigFromConfigFile(Write(cluster.Address, _authority, null));
        config.TlsServerName = expected;
        using Kubernetes kubernetes = new(config);
        Exception? fault = await Record.ExceptionAsync(() => kubernetes.BatchV1.ListNamespacedJobAsync("scans"));
        if (isTrusted) Assert.Null(fault);
        else Assert.IsType<HttpRequestException>(fault);
    }

    [Fact]
    public async Task InCluster_TokenAndAuthorityOfThePod_AreUsedAndRotate()
    {
        await using FakeCluster cluster = await ServeAsync();
        (string path, string? host, string? port) = (KubernetesClientConfiguration.ServiceAccountPath, Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST"), Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_PORT"));
        try
        {
            KubernetesClientConfiguration.ServiceAccountPath = _folder.FullName;
            Environment.SetEnvironmentVariable("KUBERNETES_SERVICE_HOST", cluster.Address.Host);
            Environment.SetEnvironmentVariable("KUBERNETES_SERVICE_PORT", $"{cluster.Address.Port}");
            await WriteAsync("token", "good-token");
            await WriteAsync("ca.crt", _authority.ExportCertificatePem());
            await WriteAsync("namespace", "scans\n");
            KubernetesClientConfiguration config = KubernetesClientConfiguration.InClusterConfig();
            Assert.Equal("scans", config.Namespace);
            using Kubernetes kubernetes = new(config);
            await kubernetes.BatchV1.ListNamespacedJobAsync("scans");
            cluster.Tokens.Clear();
            HttpOperationException fault = await Assert.ThrowsAsync<HttpOperationException>(() => kubernetes.BatchV1.ListNamespacedJobAsync("scans"));
            Assert.Equal(HttpStatusCode.Unauthorized, fault.Response.StatusCode);
            Assert.DoesNotContain("good-token", fault.ToString() + string.Concat(fault.Request.Headers.SelectMany(h => h.Value)));
            cluster.Tokens["next-token"] = true;
            await WriteAsync("token", "next-token");
            await kubernetes.BatchV1.ListNamespacedJobAsync("scans");
        }
        finally
        {
            KubernetesClientConfiguration.ServiceAccountPath = path;
            Environment.SetEnvironmentVariable("KUBERNETES_SERVICE_HOST", host);
            Environment.SetEnvironmentVariable("KUBERNETES_SERVICE_PORT", port);
        }
    }

    private static X509Certificate2 Authority(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private Task WriteAsync(string name, string text) => File.WriteAllTextAsync(Path.Combine(_folder.FullName, name), text);

    private async Task<FakeCluster> ServeAsync(string name = "127.0.0.1", ClientCertificateMode mode = ClientCertificateMode.NoCertificate, Action<X509Certificate2>? onClient = null)
    {
        X509Certificate2 server = Leaf("CN=server", isServer: true, name);
        return await FakeCluster.StartAsync(o => o.UseHttps(https =>
        {
            https.ServerCertificate = server;
            https.ClientCertificateMode = mode;
            https.ClientCertificateValidation = (certificate, _, _) =>
            {
                onClient?.Invoke(certificate);
                return true;
            };
        }));
    }

    private X509Certificate2 Leaf(string subject, bool isServer, string name = "x")
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(subject, key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        if (IPAddress.TryParse(name, out IPAddress? address)) names.AddIpAddress(address);
        else names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new(isServer ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2")], false));
        using X509Certificate2 bare = request.Create(_authority, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddHours(20), RandomNumberGenerator.GetBytes(8));
        return bare.CopyWithPrivateKey(key);
    }

    /// <summary>The authority as a file beside the kubeconfig, the client's certificate within it.</summary>
    private string Write(Uri server, X509Certificate2 authority, X509Certificate2? client)
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "ca.pem"), authority.ExportCertificatePem());
        string user = "token: good-token";
        if (client is not null)
        {
            using ECDsa key = client.GetECDsaPrivateKey()!;
            user += $", client-certificate-data: {Base64(client.ExportCertificatePem())}, client-key-data: {Base64(key.ExportPkcs8PrivateKeyPem())}";
        }

        string file = Path.Combine(_folder.FullName, "config");
        File.WriteAllText(file, $$"""
            current-context: here
            contexts: [{ name: here, context: { cluster: one, user: me } }]
            clusters: [{ name: one, cluster: { server: "{{server}}", certificate-authority: ca.pem } }]
            users: [{ name: me, user: { {{user}} } }]
            """);
        return file;
    }

    private static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));
}
