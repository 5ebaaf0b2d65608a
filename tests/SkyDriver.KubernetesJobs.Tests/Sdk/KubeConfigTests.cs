using System.Net.Http.Headers;
using System.Text;
using k8s;
using k8s.Authentication;
using k8s.Exceptions;

namespace SkyDriver.KubernetesJobs.Tests.Sdk;

/// <summary>How a cluster is found, and as whom.</summary>
public sealed class KubeConfigTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kubeconfig-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void File_CurrentContext_HasAddressNamespaceAndToken()
    {
        KubernetesClientConfiguration config = KubernetesClientConfiguration.BuildConfigFromConfigFile(Write("token: secret"));
        Assert.Equal(("here", "https://k.example.org:6443", "scans", "secret"), (config.CurrentContext, config.Host, config.Namespace, config.AccessToken));
    }

    [Fact]
    public void File_NamedContext_IsTakenAndUnknownOnesAreListed()
    {
        string file = Write("token: secret");
        Assert.Equal("https://other.example.org", KubernetesClientConfiguration.BuildConfigFromConfigFile(file, "there").Host);
        KubeConfigException fault = Assert.Throws<KubeConfigException>(() => KubernetesClientConfiguration.BuildConfigFromConfigFile(file, "nowhere"));
        Assert.Contains("here, there", fault.Message);
    }

    [Fact]
    public async Task File_TokenFileBesideIt_IsReadAgainForEachRequest()
    {
        string token = Path.Combine(_folder.FullName, "token");
        await File.WriteAllTextAsync(token, "first\n");
        ITokenProvider tokens = KubernetesClientConfiguration.BuildConfigFromConfigFile(Write("tokenFile: token")).TokenProvider!;
        Assert.Equal(new AuthenticationHeaderValue("Bearer", "first"), await tokens.GetAuthenticationHeaderAsync(CancellationToken.None));
        await File.WriteAllTextAsync(token, "second");
        Assert.Equal(new AuthenticationHeaderValue("Bearer", "second"), await tokens.GetAuthenticationHeaderAsync(CancellationToken.None));
    }

    [Theory]
    [InlineData("exec: { apiVersion: client.authentication.k8s.io/v1, command: aws, args: [eks] }", "program 'aws'")]
    [InlineData("auth-provider: { name: gcp }", "auth-provider")]
    public void File_CredentialsFromElsewhere_AreRefusedWithASentence(string user, string expected)
    {
        KubeConfigException fault = Assert.Throws<KubeConfigException>(() => KubernetesClientConfiguration.BuildConfigFromConfigFile(Write(user)));
        Assert.Contains(expected, fault.Message);
        Assert.Contains("give the user a token", fault.Message);
    }

    [Theory]
    [InlineData("contexts: [", "cannot be read")]
    [InlineData("current-context: x", "no context 'x'")]
    [InlineData("{}", "no current context")]
    [InlineData("{current-context: x, contexts: [{name: x, context: {cluster: c}}]}", "the cluster 'c'")]
    [InlineData("{current-context: x, contexts: [{name: x, context: {cluster: c, user: u}}], clusters: [{name: c, cluster: {server: nonsense}}]}", "'nonsense'")]
    [InlineData("{current-context: x, contexts: [{name: x, context: {cluster: c, user: u}}], clusters: [{name: c, cluster: {server: 'https://a'}}]}", "the user 'u'")]
    [InlineData("{current-context: x, contexts: [{name: x, context: {cluster: c}}], clusters: [{name: c, cluster: {server: 'https://a', certificate-authority: nowhere.pem}}]}", "nowhere.pem")]
    [InlineData("{current-context: x, contexts: [{name: x, context: {cluster: c}}], clusters: [{name: c, cluster: {server: 'https://a', certificate-authority-data: '!'}}]}", "certificate-authority-data")]
    public void File_ThatCannotBeUsed_SaysWhy(string text, string expected)
    {
        string file = Path.Combine(_folder.FullName, "broken");
        File.WriteAllText(file, text);
        Assert.Contains(expected, Assert.Throws<KubeConfigException>(() => KubernetesClientConfiguration.BuildConfigFromConfigFile(file)).Message);
    }

    [Fact]
    public void File_NotThere_SaysWhich() =>
        Assert.Contains("/nowhere/config", Assert.Throws<KubeConfigException>(() => KubernetesClientConfiguration.BuildConfigFromConfigFile("/nowhere/config")).Message);

    [Theory]
    [InlineData("client-certificate-data: bm90IHBlbQ==\nclient-key-data: bm90IHBlbQ==", "cannot be read")]
    [InlineData("client-certificate-data: bm90IHBlbQ==", "needs its key")]
    [InlineData("{client-certificate: nowhere.pem, client-key: nowhere.key}", "cannot be read")]
    public void Client_CertificateThatIsNone_IsRefused(string user, string expected)
    {
        KubernetesClientConfiguration config = KubernetesClientConfiguration.BuildConfigFromConfigFile(Write(user));
        Assert.Contains(expected, Assert.Throws<KubeConfigException>(() => new Kubernetes(config)).Message);
    }

    [Fact]
    public void InCluster_OutsideOfOne_SaysWhatIsMissing()
    {
        Assert.False(KubernetesClientConfiguration.IsInCluster());
        Assert.Contains("KUBERNETES_SERVICE_HOST", Assert.Throws<KubeConfigException>(KubernetesClientConfiguration.InClusterConfig).Message);
    }

    private string Write(string user)
    {
        string file = Path.Combine(_folder.FullName, "config");
        StringBuilder indented = new();
        foreach (string line in user.Split('\n')) indented.Append("      ").AppendLine(line);
        File.WriteAllText(file, $$"""
            apiVersion: v1
            kind: Config
            current-context: here
            preferences: {}
            contexts:
              - { name: here, context: { cluster: one, user: me, namespace: scans } }
              - { name: there, context: { cluster: two, user: me } }
            clusters:
              - { name: one, cluster: { server: "https://k.example.org:6443" } }
              - { name: two, cluster: { server: "https://other.example.org", insecure-skip-tls-verify: true } }
            users:
              - name: me
                user:
            {{indented}}
            """);
        return file;
    }
}
