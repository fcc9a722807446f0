//! User agents by kind of caller: about sixty, as SDKs, tools and browsers write them.

/// Application servers.
pub const SERVICES: &[&str] = &[
    "aws-sdk-java/2.31.60 md/io#sync md/http#Apache ua/2.1 os/Linux#6.1.134-150.224.amzn2023.x86_64 lang/java#21.0.7 md/OpenJDK_64-Bit_Server_VM#21.0.7+6-LTS md/vendor#Amazon.com_Inc. md/en exec-env/AWS_ECS_FARGATE m/D,E",
    "aws-sdk-java/2.29.15 md/io#async md/http#NettyNio ua/2.1 os/Linux#5.10.236-228.935.amzn2.x86_64 lang/java#17.0.15 md/OpenJDK_64-Bit_Server_VM#17.0.15+6-LTS md/vendor#Amazon.com_Inc. md/en exec-env/AWS_ECS_EC2 m/D,N",
    "aws-sdk-js/3.823.0 ua/2.1 os/linux#6.1.134-152.225.amzn2023.x86_64 lang/js md/nodejs#22.16.0 api/s3#3.823.0 exec-env/AWS_ECS_FARGATE m/E,n",
    "aws-sdk-js/3.758.0 ua/2.1 os/linux#5.10.235-227.919.amzn2.x86_64 lang/js md/nodejs#20.19.2 api/s3#3.758.0 exec-env/AWS_Lambda_nodejs20.x m/E",
    "aws-sdk-go-v2/1.36.3 ua/2.1 os/linux lang/go#1.24.3 md/GOOS#linux md/GOARCH#arm64 api/s3#1.79.3 m/E,g",
    "aws-sdk-go-v2/1.32.7 ua/2.1 os/linux lang/go#1.23.4 md/GOOS#linux md/GOARCH#amd64 api/s3#1.72.0 m/E",
    "aws-sdk-rust/1.3.7 ua/2.1 api/s3/1.90.0 os/linux lang/rust/1.87.0 m/E",
    "Boto3/1.38.27 md/Botocore#1.38.27 ua/2.1 os/linux#6.1.134-150.224.amzn2023.x86_64 md/arch#x86_64 lang/python#3.13.3 md/pyimpl#CPython exec-env/AWS_Lambda_python3.13 m/Z,D,b cfg/retry-mode#legacy Botocore/1.38.27",
    "Boto3/1.36.1 md/Botocore#1.36.1 ua/2.0 os/linux#5.10.234-225.921.amzn2.x86_64 md/arch#x86_64 lang/python#3.11.11 md/pyimpl#CPython cfg/retry-mode#standard Botocore/1.36.1 Resource",
    "aws-sdk-ruby3/3.225.0 ua/2.1 api/s3#1.189.0 os/linux md/x86_64 lang/ruby#3.4.4 md/3.4.4 m/D,E",
    "aws-sdk-php/3.343.22 ua/2.1 OS/Linux#6.1.134 lang/php#8.3.21 GuzzleHttp/7 cfg/retry-mode#legacy",
    "aws-sdk-dotnet-coreclr/4.0.2.1 ua/2.1 os/linux#6.1.0 md/ARCH#X64 lang/.NET_Core#9.0.5 md/aws-sdk-dotnet-core#4.0.0.11 api/S3#4.0.2.1 cfg/retry-mode#standard md/ClientAsync cfg/init-coll#0",
];

/// Spark, Hadoop, Trino and their like.
pub const ANALYTICS: &[&str] = &[
    "Hadoop 3.4.0-amzn-2, ua/2.1 api/S3#2.29.x os/Linux#6.1.132-147.221.amzn2023.x86_64 lang/java#17.0.15 md/OpenJDK_64-Bit_Server_VM#17.0.15+6-LTS md/vendor#Amazon.com_Inc. md/en md/scala/2.12.18 hll/cross-region",
    "Hadoop 3.3.6-amzn-5, aws-sdk-java/1.12.772 Linux/5.10.233-224.894.amzn2.x86_64 OpenJDK_64-Bit_Server_VM/17.0.13+11-LTS java/17.0.13 scala/2.12.18 vendor/Amazon.com_Inc. cfg/retry-mode/legacy",
    "ElasticMapReduce/1.0.0 emrfs/s3n user:hadoop,groups:[hadoop],hadoop:emrfs, aws-sdk-java/1.12.705 Linux/5.10.225-213.878.amzn2.x86_64 OpenJDK_64-Bit_Server_VM/17.0.12+7-LTS java/17.0.12 vendor/Amazon.com_Inc. cfg/retry-mode/standard",
    "ElasticMapReduce/1.0.0 emrfs/s3n user:spark,groups:[spark],hadoop:emrfs, aws-sdk-java/2.23.18 Linux/6.1.119-129.201.amzn2023.x86_64 OpenJDK_64-Bit_Server_VM/17.0.14+7-LTS Java/17.0.14 scala/2.12.17 vendor/Amazon.com_Inc. io/async http/AwsCommonRuntime",
    "s3committer/1.0 Hadoop 3.4.1, ua/2.1 os/Linux#6.1.134 lang/java#11.0.27 md/OpenJDK_64-Bit_Server_VM#11.0.27+6-LTS md/vendor#Amazon.com_Inc. md/scala/2.12.18",
    "trino-s3-native/476 ua/2.1 os/Linux#6.1.132 lang/java#24.0.1 md/OpenJDK_64-Bit_Server_VM#24.0.1+9 md/vendor#Eclipse_Adoptium md/en app/Trino m/D,N",
    "duckdb/v1.3.0(linux_amd64) cli 71c5c07cdd",
    "aws-sdk-cpp/1.11.478 ua/2.1 api/S3 os/Linux#5.15.0-1084-aws md/aws-crt# md/arch#x86_64 lang/c++#C++17 md/GCC#11.4.0 cfg/retry-mode#default",
    "pyarrow-fs aws-sdk-cpp/1.11.594 ua/2.1 api/S3 os/Linux#6.8.0-1029-aws md/aws-crt# md/arch#x86_64 lang/c++#C++17 md/GCC#14.2.0 cfg/retry-mode#custom",
];

/// Athena, as S3 sees it.
pub const ATHENA: &[&str] = &[
    "aws-internal/3 aws-sdk-java/1.12.782 Linux/5.10.236-208.928.amzn2int.x86_64 OpenJDK_64-Bit_Server_VM/25.452-b09 java/1.8.0_452 vendor/Oracle_Corporation cfg/retry-mode/standard, athena.amazonaws.com",
    "aws-internal/3 aws-sdk-java/1.12.779 Linux/5.10.233-205.896.amzn2int.x86_64 OpenJDK_64-Bit_Server_VM/25.442-b06 java/1.8.0_442 vendor/Oracle_Corporation cfg/retry-mode/standard, athena.amazonaws.com",
    "aws-sdk-java/2.31.45 md/io#async md/http#NettyNio ua/2.1 os/Linux#5.10.236-208.928.amzn2int.x86_64 lang/java#21.0.6 md/internal md/vendor#Amazon.com_Inc. exec-env/athena m/C,D",
];

/// What people and cron run by hand.
pub const TOOLS: &[&str] = &[
    "aws-cli/2.27.22 md/awscrt#0.26.1 ua/2.1 os/linux#6.8.0-59-generic md/arch#x86_64 lang/python#3.13.3 md/pyimpl#CPython m/G,n,E,b cfg/retry-mode#standard md/installer#exe md/distrib#ubuntu.24 md/prompt#off md/command#s3.cp",
    "aws-cli/2.27.22 md/awscrt#0.26.1 ua/2.1 os/linux#6.8.0-59-generic md/arch#x86_64 lang/python#3.13.3 md/pyimpl#CPython m/G,n,E,b cfg/retry-mode#standard md/installer#exe md/distrib#ubuntu.24 md/prompt#off md/command#s3.sync",
    "aws-cli/2.24.9 md/awscrt#0.23.8 ua/2.0 os/macos#24.5.0 md/arch#arm64 lang/python#3.12.9 md/pyimpl#CPython cfg/retry-mode#standard md/installer#exe md/prompt#off md/command#s3.ls",
    "aws-cli/1.33.13 md/Botocore#1.34.131 ua/2.0 os/linux#5.4.0-216-generic md/arch#x86_64 lang/python#3.8.10 md/pyimpl#CPython cfg/retry-mode#legacy botocore/1.34.131",
    "S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.750 Linux/5.10.226 OpenJDK_64-Bit_Server_VM/25.412-b09 java/1.8.0_412 vendor/Oracle_Corporation cfg/retry-mode/standard",
    "rclone/v1.69.3",
    "rclone/v1.66.0-DEV",
    "restic/0.18.0 (linux; go1.24.1) minio-go/v7.0.90",
    "pgBackRest/2.55",
    "wal-g/v3.0.7 aws-sdk-go/1.55.7 (go1.23.9; linux; amd64) S3Manager",
    "s5cmd/v2.3.0-991c9fb aws-sdk-go/1.44.256 (go1.22.10; linux; amd64)",
    "Terraform/1.12.1 (+https://www.terraform.io) terraform-provider-aws/5.99.1 (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.36.3 ua/2.1 os/linux lang/go#1.23.9 md/GOOS#linux md/GOARCH#amd64 api/s3#1.80.0 m/g",
    "Cyberduck/9.1.5.43255 (Mac OS X/15.5) (aarch64)",
    "MinIO (linux; amd64) minio-go/v7.0.91 mc/RELEASE.2025-05-21T01-59-54Z",
];

/// Programs that nobody dares to touch.
pub const OLD: &[&str] = &[
    "Boto/2.49.0 Python/2.7.18 Linux/3.10.0-1160.119.1.el7.x86_64",
    "s3cmd/1.6.1",
    "aws-sdk-java/1.7.4 Linux/2.6.32-754.35.1.el6.x86_64 Java_HotSpot(TM)_64-Bit_Server_VM/24.80-b11/1.7.0_80",
];

/// Browsers and bots.
pub const BROWSERS: &[&str] = &[
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36 Edg/137.0.0.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:139.0) Gecko/20100101 Firefox/139.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:139.0) Gecko/20100101 Firefox/139.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/515.0.0.34.90;FBBV/741032091;FBDV/iPhone14,5;FBSN/iOS;FBSV/17.7;FBSS/3;FBCR/;FBID/phone;FBLC/de_DE;FBOP/80]",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 15; SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/136.0.0.0 Safari/537.36",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "curl/8.14.1",
    "Wget/1.25.0",
    "python-requests/2.32.3",
    "okhttp/4.12.0",
];
