using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s.Exceptions;

namespace k8s;

/// <summary>The pipeline that requests go through, with TLS as the configuration wants it.</summary>
internal static class ClientHandlers
{
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(30);

    public static HttpClient Create(KubernetesClientConfiguration config, DelegatingHandler[] handlers)
    {
        // A watch is silent for minutes; pings tell a quiet server from one that is gone.
        SocketsHttpHandler sockets = new() { ConnectTimeout = TimeSpan.FromSeconds(15), KeepAlivePingDelay = PingDelay, KeepAlivePingTimeout = PingDelay, UseCookies = false };
        sockets.SslOptions = Tls(config);
        config.FirstMessageHandlerSetup?.Invoke(sockets);
        HttpMessageHandler first = sockets;
        foreach (DelegatingHandler handler in handlers.Reverse())
        {
            handler.InnerHandler = first;
            first = handler;
        }

        HttpClient client = new(first) { Timeout = config.HttpClientTimeout };
        if (!string.IsNullOrEmpty(config.UserAgent)) client.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", config.UserAgent);
        return client;
    }

    private static SslClientAuthenticationOptions Tls(KubernetesClientConfiguration config)
    {
        SslClientAuthenticationOptions options = new();
        if (config.SkipTlsVerify) options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        else if (config.SslCaCerts is { Count: > 0 } authorities)
        {
            options.CertificateChainPolicy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        if (ClientCertificate(config) is { } certificate) options.ClientCertificates = [certificate];
        return options;
    }

    private static X509Certificate2? ClientCertificate(KubernetesClientConfiguration config)
    {
        try
        {
            string? certificate = Pem(config.ClientCertificateData, config.ClientCertificateFilePath), key = Pem(config.ClientCertificateKeyData, config.ClientKeyFilePath);
            if (certificate is null && key is null) return null;
            if (certificate is null || key is null) throw new KubeConfigException("A client certificate needs its key beside it, and a key its certificate.");
            return X509Certificate2.CreateFromPem(certificate, key);
        }
        catch (Exception fault) when (fault is FormatException or CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new KubeConfigException($"The client certificate cannot be read: {fault.Message}", fault);
        }
    }

    private static string? Pem(string? base64, string? file) =>
        !string.IsNullOrEmpty(base64) ? Encoding.UTF8.GetString(Convert.FromBase64String(base64))
        : !string.IsNullOrEmpty(file) ? File.ReadAllText(file) : null;
}
