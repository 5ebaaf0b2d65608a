namespace SkyDriver.Sky;

/// <summary>Precession and nutation of the Earth's axis: from ICRS to the true equator and equinox of date.</summary>
/// <remarks>
/// Precession with frame bias: Fukushima-Williams angles of IAU 2006 (Hilton et al. 2006, Celest. Mech. 94, 351, table 1).
/// Nutation: the twenty largest terms of IAU 2000B (McCarthy &amp; Luzum 2003, Celest. Mech. 85, 37), good to 0.006".
/// </remarks>
internal readonly record struct Nutation
{
    /// <summary>Multiples of the arguments l, l', F, D, Ω, then 0.1 µas: sine in longitude, cosine in obliquity.</summary>
    private static ReadOnlySpan<int> Terms =>
    [
        0, 0, 0, 0, 1, -172064161, 92052331,
        0, 0, 2, -2, 2, -13170906, 5730336,
        0, 0, 2, 0, 2, -2276413, 978459,
        0, 0, 0, 0, 2, 2074554, -897492,
        0, 1, 0, 0, 0, 1475877, 73871,
        0, 1, 2, -2, 2, -516821, 224386,
        1, 0, 0, 0, 0, 711159, -6750,
        0, 0, 2, 0, 1, -387298, 200728,
        1, 0, 2, 0, 2, -301461, 129025,
        0, -1, 2, -2, 2, 215829, -95929,
        0, 0, 2, -2, 1, 128227, -68982,
        -1, 0, 2, 0, 2, 123457, -53311,
        -1, 0, 0, 2, 0, 156994, -1235,
        1, 0, 0, 0, 1, 63110, -33228,
        -1, 0, 0, 0, 1, -57976, 31429,
        -1, 0, 2, 2, 2, -59641, 25543,
        1, 0, 2, 0, 1, -51613, 26366,
        -2, 0, 2, 0, 1, 45893, -24236,
        0, 0, 0, 2, 0, 63384, -1220,
        0, 0, 2, 2, 2, -38571, 16452,
    ];

    public Nutation(double mjd)
    {
        double t = Epoch.Centuries(mjd);
        Span<double> arguments =
        [
            Angles.Arcsecond * ((485868.249036 + 1717915923.2178 * t) % 1296000),
            Angles.Arcsecond * ((1287104.79305 + 129596581.0481 * t) % 1296000),
            Angles.Arcsecond * ((335779.526232 + 1739527262.8478 * t) % 1296000),
            Angles.Arcsecond * ((1072260.70369 + 1602961601.2090 * t) % 1296000),
            Angles.Arcsecond * ((450160.398036 - 6962890.5431 * t) % 1296000),
        ];
        Node = arguments[4];
        MeanObliquity = Polynomial(t, 84381.406, -46.836769, -0.0001831, 0.00200340, -0.000000576, -0.0000000434);
        for (int row = 0; row < Terms.Length; row += 7)
        {
            double angle = 0;
            for (int i = 0; i < 5; i++) angle += Terms[row + i] * arguments[i];
            var (sin, cos) = Math.SinCos(angle);
            Longitude += 1e-7 * Angles.Arcsecond * Terms[row + 5] * sin;
            Obliquity += 1e-7 * Angles.Arcsecond * Terms[row + 6] * cos;
        }
    }

    /// <summary>Mean longitude of the Moon's ascending node, radians.</summary>
    public double Node { get; }

    /// <summary>Mean obliquity of the ecliptic of date, radians.</summary>
    public double MeanObliquity { get; }

    /// <summary>Nutation in longitude, radians.</summary>
    public double Longitude { get; }

    /// <summary>Nutation in obliquity, radians.</summary>
    public double Obliquity { get; }

    /// <summary>From ICRS to the true equator and equinox of date.</summary>
    public Rotation ToTrueOfDate(double mjd)
    {
        double t = Epoch.Centuries(mjd);
        double gamma = Polynomial(t, -0.052928, 10.556378, 0.4932044, -0.00031238, -0.000002788, 0.0000000260);
        double phi = Polynomial(t, 84381.412819, -46.811016, 0.0511268, 0.00053289, -0.000000440, -0.0000000176);
        double psi = Polynomial(t, -0.041775, 5038.481484, 1.5584175, -0.00018522, -0.000026452, -0.0000000148);
        return Rotation.AboutZ(gamma)
            .Then(Rotation.AboutX(phi))
            .Then(Rotation.AboutZ(-(psi + Longitude)))
            .Then(Rotation.AboutX(-(MeanObliquity + Obliquity)));
    }

    /// <summary>A polynomial in centuries with coefficients in arcseconds; radians.</summary>
    private static double Polynomial(double t, double c0, double c1, double c2, double c3, double c4, double c5) =>
        Angles.Arcsecond * (c0 + (c1 + (c2 + (c3 + (c4 + c5 * t) * t) * t) * t) * t);
}
