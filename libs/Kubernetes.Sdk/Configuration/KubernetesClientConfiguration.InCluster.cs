using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using k8s.Authentication;
using k8s.Exceptions;

namespace k8s;

public partial class KubernetesClientConfiguration
{
    private const string HostVariable = "KUBERNETES_SERVICE_HOST";
    private const string PortVariable = "KUBERNETES_SERVICE_PORT";

    /// <summary>Where the kubelet puts what a pod may show the API.</summary>
    internal static string ServiceAccountPath { get; set; } = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>Whether this process is a pod with a service account.</summary>
    public static bool IsInCluster() =>
        !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(HostVariable)) && !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(PortVariable))
        && File.Exists(ServiceAccountFile("token")) && File.Exists(ServiceAccountFile("ca.crt"));

    /// <summary>As the pod's service account.</summary>
    /// <exception cref="KubeConfigException">This is no pod, or it has no service account.</exception>
    public static KubernetesClientConfiguration InClusterConfig()
    {
        if (!IsInCluster())
        {
            throw new KubeConfigException(
                $"This process is in no cluster: {HostVariable} and {PortVariable} must be set, and a token and ca.crt be in {ServiceAccountPath} (automountServiceAccountToken).");
        }

        string port = Environment.GetEnvironmentVariable(PortVariable)!;
        if (!ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number)) throw new KubeConfigException($"{PortVariable} is '{port}', which is no port.");
        KubernetesClientConfiguration config = new()
        {
            Host = new UriBuilder("https", Environment.GetEnvironmentVariable(HostVariable)!, number).ToString(),
            TokenProvider = new TokenFileAuth(ServiceAccountFile("token")),
            SslCaCerts = Authorities(() => File.ReadAllText(ServiceAccountFile("ca.crt")), ServiceAccountFile("ca.crt")),
        };
        if (File.Exists(ServiceAccountFile("namespace"))) config.Namespace = File.ReadAllText(ServiceAccountFile("namespace")).Trim();
        return config;
    }

    private static string ServiceAccountFile(string name) => Path.Combine(ServiceAccountPath, name);

    private static X509Certificate2Collection Authorities(Func<string> pem, string source)
    {
        try
        {
            X509Certificate2Collection found = [];
            found.ImportFromPem(pem());
            return found.Count > 0 ? found : throw new KubeConfigException($"There is no certificate in {source}.");
        }
        catch (Exception fault) when (fault is CryptographicException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw new KubeConfigException($"The certificate authorities of {source} cannot be read: {fault.Message}", fault);
        }
    }
}
