using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s.Authentication;

namespace k8s;

/// <summary>How to reach a cluster, and as whom.</summary>
public partial class KubernetesClientConfiguration
{
    /// <summary>Of the context; null where it names none.</summary>
    public string? Namespace { get; set; }

    public string? Host { get; set; }

    public X509Certificate2Collection? SslCaCerts { get; set; }

    /// <summary>PEM in base64.</summary>
    public string? ClientCertificateData { get; set; }

    /// <summary>PEM in base64.</summary>
    public string? ClientCertificateKeyData { get; set; }

    public string? ClientCertificateFilePath { get; set; }

    public string? ClientKeyFilePath { get; set; }

    public bool SkipTlsVerify { get; set; }

    /// <summary>Name that the server's certificate must have, where it is not that of <see cref="Host"/>.</summary>
    public string? TlsServerName { get; set; }

    public string? UserAgent { get; set; } = "kubernetes-csharp-subset";

    public string? Username { get; set; }

    public string? Password { get; set; }

    public string? AccessToken { get; set; }

    public ITokenProvider? TokenProvider { get; set; }

    /// <summary>Until the head of an answer is there; what follows, such as a watch, may take longer.</summary>
    public TimeSpan HttpClientTimeout { get; set; } = TimeSpan.FromSeconds(100);

    public Action<SocketsHttpHandler>? FirstMessageHandlerSetup { get; set; }

    internal ITokenProvider? Credentials()
    {
        if (TokenProvider is not null) return TokenProvider;
        if (!string.IsNullOrEmpty(AccessToken)) return new StringTokenProvider(AccessToken);
        return string.IsNullOrEmpty(Username) ? null : new StringTokenProvider(Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Username}:{Password}")), "Basic");
    }
}
