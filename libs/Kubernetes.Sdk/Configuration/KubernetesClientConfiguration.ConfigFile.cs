using System.Text;
using k8s.Authentication;
using k8s.Exceptions;

namespace k8s;

public partial class KubernetesClientConfiguration
{
    private const string KubeConfigVariable = "KUBECONFIG";

    /// <summary>Where <c>kubectl</c> looks when it is told nothing.</summary>
    public static readonly string KubeConfigDefaultLocation = Path.Combine(Environment.GetEnvironmentVariable("HOME") ?? "/", ".kube", "config");

    /// <summary>Name of the context that was taken.</summary>
    public string? CurrentContext { get; private set; }

    /// <summary>KUBECONFIG, then the default file, then the cluster that this process is in, then an API on this machine without credentials.</summary>
    /// <exception cref="KubeConfigException">What was found first cannot be used.</exception>
    public static KubernetesClientConfiguration BuildDefaultConfig()
    {
        if (Environment.GetEnvironmentVariable(KubeConfigVariable) is { Length: > 0 } named)
        {
            return FromFiles([.. named.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)], null, null, true);
        }

        if (File.Exists(KubeConfigDefaultLocation)) return BuildConfigFromConfigFile();
        return IsInCluster() ? InClusterConfig() : new KubernetesClientConfiguration { Host = "http://localhost:8080" };
    }

    /// <param name="kubeconfigPath">Null takes <see cref="KubeConfigDefaultLocation"/>.</param>
    /// <param name="currentContext">Null takes the one that the file calls current.</param>
    /// <param name="masterUrl">Address in place of the one in the file.</param>
    /// <param name="useRelativePaths">Paths in the file start from its folder, else from the folder of this process.</param>
    /// <exception cref="KubeConfigException">The file, or what it names, is not there or cannot be used.</exception>
    public static KubernetesClientConfiguration BuildConfigFromConfigFile(
        string? kubeconfigPath = null, string? currentContext = null, string? masterUrl = null, bool useRelativePaths = true) =>
        FromFiles([kubeconfigPath ?? KubeConfigDefaultLocation], currentContext, masterUrl, useRelativePaths);

    /// <inheritdoc cref="BuildConfigFromConfigFile(string?, string?, string?, bool)"/>
    public static KubernetesClientConfiguration BuildConfigFromConfigFile(
        FileInfo kubeconfig, string? currentContext = null, string? masterUrl = null, bool useRelativePaths = true)
    {
        ArgumentNullException.ThrowIfNull(kubeconfig);
        return FromFiles([kubeconfig.FullName], currentContext, masterUrl, useRelativePaths);
    }

    private static KubernetesClientConfiguration FromFiles(string[] files, string? context, string? masterUrl, bool useRelativePaths)
    {
        KubeConfig kube = KubeConfig.Load(files, useRelativePaths);
        string? name = context ?? kube.CurrentContext;
        if (string.IsNullOrEmpty(name)) throw new KubeConfigException($"{kube.Source} has no current context; name one.");
        KubeConfig.ContextDetails wanted = kube.Context(name);
        KubernetesClientConfiguration config = new() { CurrentContext = name, Namespace = wanted.Namespace };
        config.SetCluster(kube.Cluster(wanted.Cluster, name), kube, masterUrl);
        if (!string.IsNullOrEmpty(wanted.User)) config.SetUser(kube.User(wanted.User, name), wanted.User, kube);
        return config;
    }

    private void SetCluster(KubeConfig.ClusterDetails cluster, KubeConfig kube, string? masterUrl)
    {
        Host = masterUrl ?? cluster.Server;
        if (!Uri.TryCreate(Host, UriKind.Absolute, out _)) throw new KubeConfigException($"The server '{Host}' of {kube.Source} is no address.");
        (SkipTlsVerify, TlsServerName) = (cluster.InsecureSkipTlsVerify, cluster.TlsServerName);
        if (!string.IsNullOrEmpty(cluster.CertificateAuthorityData))
        {
            SslCaCerts = Authorities(() => Encoding.UTF8.GetString(Convert.FromBase64String(cluster.CertificateAuthorityData)), "certificate-authority-data of " + kube.Source);
        }
        else if (!string.IsNullOrEmpty(cluster.CertificateAuthority))
        {
            SslCaCerts = Authorities(() => File.ReadAllText(cluster.CertificateAuthority), cluster.CertificateAuthority);
        }
    }

    private void SetUser(KubeConfig.UserDetails user, string name, KubeConfig kube)
    {
        (ClientCertificateData, ClientCertificateKeyData) = (user.ClientCertificateData, user.ClientKeyData);
        (ClientCertificateFilePath, ClientKeyFilePath) = (user.ClientCertificate, user.ClientKey);
        (Username, Password, AccessToken) = (user.Username, user.Password, user.Token);
        if (string.IsNullOrEmpty(AccessToken) && !string.IsNullOrEmpty(user.TokenFile)) TokenProvider = new TokenFileAuth(user.TokenFile);
        bool hasOwn = TokenProvider is not null || !string.IsNullOrEmpty(AccessToken) || !string.IsNullOrEmpty(Username)
            || !string.IsNullOrEmpty(ClientCertificateData) || !string.IsNullOrEmpty(ClientCertificateFilePath);
        if (hasOwn) return;
        if (user.Exec is not null)
        {
            throw new KubeConfigException(
                $"User '{name}' of {kube.Source} gets its credentials from the program '{user.Exec.Command}', and programs are not run from here; give the user a token, a tokenFile or a client certificate.");
        }

        if (user.AuthProvider is not null)
        {
            throw new KubeConfigException($"User '{name}' of {kube.Source} uses an auth-provider, which Kubernetes gave up in 1.26; give the user a token, a tokenFile or a client certificate.");
        }
    }
}
