php-fpm
